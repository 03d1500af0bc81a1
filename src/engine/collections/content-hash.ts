import { createHash } from 'node:crypto';
import type { Content, GivenVector, ImageSource } from '../content.js';
import type { Embedder } from '../embedder.js';
import type { EmbedOptions, RequestScope } from '../options.js';
import type { HeldBytes } from '../picture-bytes.js';

const sha256 = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A content and what stands for it. */
export interface HashedContent {
  readonly contentHash: string;
  /** Of a picture; embedding it in the same scope meanwhile reads nothing again. */
  readonly picture: HeldBytes | undefined;
  /** Lets go of the picture's bytes; whoever hashed the content does so, whatever happens. */
  readonly release: () => void;
}

/** Hashes contents of one request. */
interface Hasher {
  readonly embedder: Embedder;
  readonly options: EmbedOptions;
  readonly scope: RequestScope;
}

async function hashPicture(image: ImageSource, { embedder, scope }: Hasher): Promise<HashedContent> {
  const picture = await embedder.hold(image, scope);
  try {
    return { contentHash: await picture.digest(), picture, release: picture.release };
  } catch (error) {
    picture.release();
    throw error;
  }
}

/** Nothing runs for a vector but the checks of its numbers. */
async function hashVector(vector: GivenVector, { embedder, options, scope }: Hasher): Promise<string> {
  const given = await embedder.embed({ vector }, { ...options, normalize: false }, scope);
  const { buffer, byteOffset, byteLength } = given.vector;
  return sha256(new Uint8Array(buffer, byteOffset, byteLength));
}

/**
 * What makes two contents the same, SHA-256 in hexadecimal: of a picture over the bytes of its file, of a text over its
 * UTF-8, of a vector over its numbers as little-endian float32, as they were given; of a blend over the JSON
 * `["blend",[[hash,weight],…]]` of its parts.
 *
 * @throws what reading the content throws
 */
export async function hashContent(content: Content, hasher: Hasher): Promise<HashedContent> {
  const { text, image, vector, blend } = content;
  const alone = (contentHash: string): HashedContent => ({
    contentHash,
    picture: undefined,
    release: () => undefined,
  });
  if (text !== undefined) return alone(sha256(text));
  if (image !== undefined) return hashPicture(image, hasher);
  if (vector !== undefined) return alone(await hashVector(vector, hasher));
  const parts: [hash: string, weight: number][] = [];
  // One after the other, and none is held: a blend may be of more pictures than a request may fetch at once.
  for (const { content: part, weight = 1 } of blend) {
    const { contentHash, release } = await hashContent(part, hasher);
    release();
    parts.push([contentHash, weight]);
  }
  return alone(sha256(JSON.stringify(['blend', parts])));
}
