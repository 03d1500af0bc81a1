import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { Router } from 'express';
import type { Config } from '../config/index.js';
import type { Collections, Item } from '../engine/index.js';
import { ClipgraphError } from '../errors/index.js';

/** An address is good for one to two hours; it is the same for an hour, so that a browser keeps what it has. */
const HOUR_MS = 3_600_000;
/** Digits of the content's hash: the address of what was replaced is not that of what is there now. */
const HASH_DIGITS = 16;

/** What an address is signed over. */
interface Signed {
  readonly collection: string;
  readonly id: string;
  readonly hash: string;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

/**
 * Addresses of small pictures. An `<img>` sends no token: a signature in the address stands for the right to see it, for a
 * while.
 */
export class Thumbnails {
  readonly #key: Buffer;

  /** Without `server.signingKey` the addresses are this server's alone, until it ends. */
  constructor({ signingKey }: Config['server']) {
    this.#key = signingKey === undefined ? randomBytes(32) : Buffer.from(signingKey);
  }

  /** A relative address. */
  addressOf({ collection, id, contentHash }: Pick<Item, 'collection' | 'id' | 'contentHash'>): string {
    const expires = (Math.ceil(Date.now() / HOUR_MS) + 1) * HOUR_MS;
    const hash = contentHash.slice(0, HASH_DIGITS);
    const signature = this.#sign({ collection, id, hash, expires }).toString('base64url');
    const place = Buffer.from(id).toString('base64url'); // An id may be `..`, or hold slashes.
    const query = new URLSearchParams({ hash, expires: String(expires), signature });
    return `/collections/${collection}/items/${place}/thumbnail?${query.toString()}`;
  }

  /** `/collections/NAME/items/ID/thumbnail`. */
  routes(collections: Collections): Router {
    const routes = Router();
    routes.get('/collections/:name/items/:place/thumbnail', async (request, response) => {
      const signed = this.#check(request.params, request.query);
      const bytes = await pictureAt(collections, signed);
      if (bytes === undefined) {
        const message = 'There is no small picture of this item, or it is there no longer.';
        response.status(404).json({ errors: [{ message, extensions: { code: 'ITEM_NOT_FOUND' } }] });
        return;
      }
      const seconds = Math.max(0, Math.floor((signed.expires - Date.now()) / 1000));
      response.setHeader('Cache-Control', `private, max-age=${seconds}`);
      response.type('image/webp').send(Buffer.from(bytes));
    });
    return routes;
  }

  /** @throws FORBIDDEN */
  #check(
    { name, place }: Readonly<Record<string, string>>,
    { hash, expires, signature }: Readonly<Record<string, unknown>>,
  ): Signed {
    const id = Buffer.from(place, 'base64url').toString();
    const signed = { collection: name, id, hash: String(hash), expires: Number(expires) };
    const given = Buffer.from(typeof signature === 'string' ? signature : '', 'base64url');
    const own = this.#sign(signed);
    const isOurs = given.length === own.length && timingSafeEqual(given, own);
    if (isOurs && signed.expires > Date.now()) return signed;
    const message =
      'The address has expired, or is not one of this server: ask for item { thumbnail } again.';
    throw new ClipgraphError('FORBIDDEN', message);
  }

  #sign({ collection, id, hash, expires }: Signed): Buffer {
    return createHmac('sha256', this.#key)
      .update(JSON.stringify(['thumbnail', collection, id, hash, expires]))
      .digest();
  }
}

async function pictureAt(
  collections: Collections,
  { collection: name, id, hash }: Signed,
): Promise<Uint8Array | undefined> {
  try {
    const collection = await collections.get(name);
    const [item] = await collection.get([id]);
    if (item?.contentHash.startsWith(hash) !== true) return undefined;
    return await collection.attachment(id, 'thumbnail');
  } catch (error) {
    if (error instanceof ClipgraphError && error.code === 'COLLECTION_NOT_FOUND') return undefined;
    throw error;
  }
}
