import { webcrypto } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import type { Config } from '../config/index.js';
import type { Client, Turn } from '../isolation/fair-queue.js';
import {
  checkImageSize,
  decodeBase64,
  readExample,
  readFileOf,
  type ByteBudget,
  type ByteShare,
  type UrlFetcher,
} from '../media/index.js';
import { untilAborted } from './cancelling.js';
import type { ImageSource } from './content.js';
import { turnOf, type RequestScope } from './options.js';
import { Slots } from './slots.js';

/** Bytes of a picture, counted in the budget while anybody holds them. */
export interface HeldBytes {
  /** Until it is released. */
  readonly bytes: Uint8Array;
  /** Aborted with the reason when the bytes have to be let go before that, as another client needs the room. */
  readonly signal: AbortSignal;
  /** Their SHA-256 in hexadecimal, made once for all that hold them. */
  readonly digest: () => Promise<string>;
  /** Holds them for somebody else, too: returns what releases them. */
  readonly retain: () => () => void;
  /** Once; more is nothing. */
  readonly release: () => void;
}

interface PictureBytesParts {
  readonly limits: Config['limits'];
  readonly urls: UrlFetcher;
  readonly budget: ByteBudget;
}

/** Reads bytes, and says what else to give back once nobody holds them. */
type Read = (
  share: ByteShare,
  signal: AbortSignal,
) => Promise<{ readonly bytes: Uint8Array; readonly giveBack?: () => void }>;

/** Bytes that are being read, or have been. */
interface Entry {
  readonly read: Promise<Uint8Array>;
  readonly end: () => void;
  /** Aborted once nobody holds them, or when they have to be let go. */
  readonly signal: AbortSignal;
  holders: number;
  digest?: Promise<string>;
}

/** What the contents of one request share. */
interface Shared {
  readonly base64: Map<string, Entry>;
  readonly url: Map<string, Entry>;
  /** Of sources that are the same object: a file at several places. */
  readonly source: Map<ImageSource, Entry>;
  readonly slots: Slots;
}

/** Pictures by URL that one request holds at once, from before they are fetched until they are prepared; the others wait. */
const URLS_AT_ONCE = 8;
/** Web Crypto copies what it hashes, on the main thread: one copy at a time. */
const DIGESTS_AT_ONCE = 1;

/**
 * Reads the bytes of pictures. What several contents of one request name alike, a variable in many aliases or a file at
 * several places for example, is decoded, fetched and hashed once while any of them needs it.
 */
export class PictureBytes {
  readonly #parts: PictureBytesParts;
  readonly #shared = new WeakMap<object, Shared>();
  readonly #digests = new Slots(DIGESTS_AT_ONCE);

  constructor(parts: PictureBytesParts) {
    this.#parts = parts;
  }

  /**
   * @throws IMAGE_TOO_LARGE, INVALID_BASE64, URL_NOT_ALLOWED, FETCH_FAILED, BAD_USER_INPUT, OVERLOADED; the signal's reason
   */
  async hold(source: ImageSource, scope: RequestScope): Promise<HeldBytes> {
    const turn = turnOf(scope);
    const entry = this.#entryOf(source, turn);
    entry.holders++;
    const retain = (): (() => void) => {
      entry.holders++;
      return this.#releaseOnce(entry);
    };
    const release = this.#releaseOnce(entry);
    let bytes: Uint8Array | undefined;
    try {
      bytes = await untilAborted(entry.read, turn.signal);
    } catch (error) {
      release();
      throw error;
    }
    const digest = (): Promise<string> =>
      (entry.digest ??= this.#digestOf(bytes, { ...turn, signal: entry.signal }));
    return { bytes, signal: entry.signal, digest, retain, release };
  }

  async #digestOf(bytes: Uint8Array, turn: Turn): Promise<string> {
    const giveBack = await this.#digests.take(turn);
    try {
      return Buffer.from(await webcrypto.subtle.digest('SHA-256', bytes)).toString('hex'); // off the main thread
    } finally {
      giveBack();
    }
  }

  #releaseOnce(entry: Entry): () => void {
    let isReleased = false;
    return () => {
      if (isReleased) return;
      isReleased = true;
      entry.holders--;
      if (entry.holders === 0) entry.end();
    };
  }

  #entryOf(source: ImageSource, turn: Turn): Entry {
    const shared = this.#sharedBy(turn.group);
    const { base64, url } = source;
    if (base64 !== undefined) return this.#share(shared.base64, base64, turn, () => this.#ofBase64(base64));
    if (url !== undefined) {
      return this.#share(shared.url, url, turn, () => this.#ofUrl(url, shared.slots, turn));
    }
    return this.#share(shared.source, source, turn, () => this.#ofSource(source));
  }

  /** What is being read under this name for somebody else of the request, or else what is read now. */
  #share<Name>(entries: Map<Name, Entry>, name: Name, { client }: Turn, reader: () => Read): Entry {
    const known = entries.get(name);
    if (known !== undefined) return known;
    const entry = this.#start(reader(), client, () => {
      if (entries.get(name) === entry) entries.delete(name);
    });
    entries.set(name, entry);
    return entry;
  }

  #ofBase64(text: string): Read {
    return async (share) => ({ bytes: await decodeBase64(text, this.#parts.limits.maxImageBytes, share) });
  }

  #ofUrl(url: string, slots: Slots, turn: Turn): Read {
    return async (share, signal) => {
      const giveBack = await slots.take({ ...turn, signal });
      try {
        return { bytes: await this.#parts.urls.fetch(url, signal, share), giveBack };
      } catch (error) {
        giveBack();
        throw error;
      }
    };
  }

  #ofSource(source: Exclude<ImageSource, { base64: string } | { url: string }>): Read {
    const { maxImageBytes } = this.#parts.limits;
    return async (share) => {
      if (source.read !== undefined) return { bytes: await source.read(maxImageBytes) };
      if (source.example !== undefined) return { bytes: await readExample(source.example) };
      if (source.path !== undefined) {
        const bytes = await readFileOf(source.path, maxImageBytes);
        share.take(bytes.length);
        return { bytes };
      }
      checkImageSize(source.bytes.length, maxImageBytes);
      share.take(source.bytes.length);
      // The caller may write into his own bytes while they wait to be decoded, after they were hashed.
      return { bytes: Uint8Array.from(source.bytes) };
    };
  }

  #sharedBy(group: object): Shared {
    const known = this.#shared.get(group);
    if (known !== undefined) return known;
    const shared = { base64: new Map(), url: new Map(), source: new Map(), slots: new Slots(URLS_AT_ONCE) };
    this.#shared.set(group, shared);
    return shared;
  }

  #start(read: Read, client: Client, forget: () => void): Entry {
    const controller = new AbortController();
    setMaxListeners(0, controller.signal); // One for each content that needs them.
    const refuse = (reason: Error): void => {
      forget();
      controller.abort(reason);
    };
    const share = this.#parts.budget.open({ client, refuse });
    const reading = read(share, controller.signal);
    const end = (): void => {
      forget();
      controller.abort(); // Nobody waits for what is still being read.
      share.close();
      void reading.then(
        ({ giveBack }) => giveBack?.(),
        () => undefined,
      );
    };
    const { signal } = controller;
    const bytes = untilAborted(reading, signal).then((made) => made.bytes);
    return { read: bytes, end, signal, holders: 0 };
  }
}
