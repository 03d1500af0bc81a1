import { ClipgraphError } from '../errors/index.js';

/** Exactly one of the fields: the others may not be given beside it. */
export type OneOf<Fields> = {
  [Name in keyof Fields]: Readonly<Pick<Fields, Name>> &
    Readonly<Partial<Record<Exclude<keyof Fields, Name>, undefined>>>;
}[keyof Fields];

/** Where a picture's bytes come from: exactly one of these. */
export type ImageSource = OneOf<{
  bytes: Uint8Array;
  /** A file of this machine. */
  path: string;
  /** Standard base64, or a data: URI. */
  base64: string;
  /** Fetched, if the configuration allows its host. */
  url: string;
  /** Called once the bytes are needed. */
  read: (maxBytes: number) => Promise<Uint8Array>;
  /** The name of a picture that ships with the package. */
  example: string;
}>;

/** An embedding made earlier. */
export interface GivenVector {
  /** `[dimensions]`, or base64 of little-endian float32 values. */
  readonly values: string | readonly number[] | Float32Array;
  /** Of the model that made it: another model's vector is refused. */
  readonly checksum?: string | undefined;
  readonly dtype?: string | undefined;
}

export interface PartFields {
  text: string;
  image: ImageSource;
  vector: GivenVector;
}

/** Something that has an embedding of its own: exactly one of a text, a picture, a vector. */
export type Part = OneOf<PartFields>;

export interface WeightedPart {
  readonly content: Part;
  /** Any finite number; negative ones turn the part around. Default 1. */
  readonly weight?: number | undefined;
}

/** Something that has an embedding: a part, or the weighted sum of the unit vectors of several. */
export type Content = OneOf<PartFields & { blend: readonly WeightedPart[] }>;

export type Modality = 'TEXT' | 'IMAGE' | 'VECTOR' | 'BLEND';

/**
 * @throws TEXT_TOO_LONG when it has more bytes than the server accepts, whatever its tokens
 */
export function checkTextSize(text: string, maxBytes: number): void {
  // A UTF-16 unit takes at most three bytes of UTF-8: short texts need no counting.
  if (text.length * 3 <= maxBytes) return;
  // A unit has at least one byte: a text of megabytes needs no counting either, however often it is asked about.
  const bytes = text.length > maxBytes ? text.length : Buffer.byteLength(text);
  if (bytes > maxBytes) {
    const message = `The text has ${text.length > maxBytes ? 'at least ' : ''}${bytes} bytes; the limit is ${maxBytes} (limits.maxTextBytes). Shorten it.`;
    throw new ClipgraphError('TEXT_TOO_LONG', message);
  }
}
