import { totalmem } from 'node:os';
import { z } from 'zod';

/** GraphQL's Int, in which a client reads them. */
const LARGEST = 2 ** 31 - 1;
const count = z.number().int().positive().max(LARGEST);
/** Of what GraphQL's Int may be too small for: a client reads it as a Float. */
const largeCount = z.number().int().positive();
const MB = 2 ** 20;

/** Bytes of memory that the machine or the container has. */
export function memoryBytes(): number {
  const constrained = process.constrainedMemory(); // 0, or more than there is, where no container constrains it.
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}

/** A quarter of the memory that there is: a body is held as bytes, as a string and as values while it is read. */
function defaultBytesUnderWay(): number {
  return Math.min(LARGEST, Math.max(64 * MB, Math.floor(memoryBytes() / 4)));
}

/** Every limit, its default and its unit. A client reads the ones that concern it in `server { limits }`. */
export const limitsSchema = z.strictObject({
  maxInputs: count.default(256).describe('Contents in one operation, counted over aliases and lists.'),
  maxStreamInputs: count.default(10_000).describe('Contents of one embedStream.'),
  maxStreams: count
    .default(64)
    .describe('Operations under way over WebSocket at once; those of one client half as many.'),
  maxBodyBytes: count.default(20 * MB).describe('Bytes of the body of a request.'),
  maxJsonValues: count
    .default(400_000)
    .describe('Values in the JSON of a request: numbers, texts, lists, objects.'),
  maxJsonKeys: count
    .default(10_000)
    .describe(
      'Keys of objects in the JSON of a request; objects with the same keys in the same order count once.',
    ),
  maxJsonDepth: count.default(64).describe('How deep the JSON of a request is nested.'),
  maxBytesUnderWay: count
    .default(defaultBytesUnderWay)
    .describe(
      'Bytes that requests may hold at once: bodies, files, decoded base64, fetched pictures, frames, answers nobody reads.',
    ),
  maxInitBytes: count
    .default(16 * 1024)
    .describe('Bytes that a WebSocket may send before it is acknowledged.'),
  maxTextBytes: count.default(32 * 1024).describe('Bytes of one text in UTF-8.'),
  maxImageBytes: count.default(20 * MB).describe('Bytes of one picture as it is sent, decoded from base64.'),
  // Pillow's own threshold for a decompression bomb: Image.MAX_IMAGE_PIXELS.
  maxImagePixels: count.default(89_478_485).describe('Width times height of one picture.'),
  // No JPEG's side is longer (ITU-T T.81, B.2.2).
  maxImageSide: count.default(65_535).describe('Width, and height, of one picture.'),
  maxDecodeBytes: count
    .default(384 * MB)
    .describe(
      'Memory that decoding one picture may take, foretold by its header; a process that takes 132 MB and three times maxImageBytes more is ended (Linux).',
    ),
  maxMatrixCells: count.default(65_536).describe('Rows times columns of the matrices of one operation.'),
  maxQueue: count
    .default(2048)
    .describe(
      'Contents waiting for a runtime, for preparation, or for their operation to begin: a client has a quarter of it under way.',
    ),
  maxQueryTokens: count.default(10_000).describe('Tokens of a GraphQL document.'),
  maxQueryBytes: count.default(MB).describe('Bytes of a GraphQL document; values belong into variables.'),
  maxQueryDepth: count.default(50).describe('How deep a GraphQL document is nested, fragments included.'),
  maxComplexity: count.default(20_000).describe('Fields of an answer, counted over aliases and lists.'),
  maxAnswerBytes: count.default(16 * MB).describe('Bytes that the answer of an operation may come to.'),
  maxCollections: count.default(100).describe('Collections, over all stores.'),
  maxCollectionItems: count.default(1_000_000).describe('Items of one collection.'),
  maxCollectionBytes: largeCount
    .default(16 * 2 ** 30)
    .describe('Bytes that a collection may take where it is kept, by its store’s reckoning.'),
  maxScanItems: count
    .default(20_000)
    .describe('Items that one query of nearDuplicates or clusters goes through; streams take any number.'),
  maxMetadataBytes: count.default(16 * 1024).describe('Bytes of the metadata of one item as JSON.'),
  unreadTimeoutMs: count
    .default(20_000)
    .describe(
      'Milliseconds that an answer may lie unread: a client that takes nothing of it is cut off then.',
    ),
  timeoutMs: count.default(60_000).describe('Milliseconds from the first byte of a request to its answer.'),
});

export type LimitsConfig = z.infer<typeof limitsSchema>;
