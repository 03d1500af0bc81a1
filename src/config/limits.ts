import { z } from 'zod';

const count = z.number().int().positive();
const MB = 2 ** 20;

/** Every limit, its default and its unit. A client reads the ones that concern it in `server { limits }`. */
export const limitsSchema = z.strictObject({
  maxInputs: count.default(256).describe('Contents in one operation, counted over aliases and lists.'),
  maxStreamInputs: count.default(10_000).describe('Contents of one embedStream.'),
  maxStreams: count.default(64).describe('Operations under way over WebSocket at once.'),
  maxBodyBytes: count.default(20 * MB).describe('Bytes of the body of a request.'),
  maxJsonValues: count
    .default(400_000)
    .describe('Values in the JSON of a request: numbers, texts, lists, objects.'),
  maxJsonKeys: count.default(10_000).describe('Keys of one object in the JSON of a request.'),
  maxJsonDepth: count.default(64).describe('How deep the JSON of a request is nested.'),
  maxTextBytes: count.default(32 * 1024).describe('Bytes of one text in UTF-8.'),
  maxImageBytes: count.default(20 * MB).describe('Bytes of one picture as it is sent, decoded from base64.'),
  // Pillow's own threshold for a decompression bomb: Image.MAX_IMAGE_PIXELS.
  maxImagePixels: count.default(89_478_485).describe('Width times height of one picture.'),
  maxMatrixCells: count.default(65_536).describe('Rows times columns of the matrices of one operation.'),
  maxQueue: count.default(2048).describe('Contents waiting for a runtime or for preparation.'),
  maxQueryTokens: count.default(10_000).describe('Tokens of a GraphQL document.'),
  maxComplexity: count.default(20_000).describe('Fields of an answer, counted over aliases and lists.'),
  timeoutMs: count.default(60_000).describe('Milliseconds from the start of an operation to its answer.'),
});

export type LimitsConfig = z.infer<typeof limitsSchema>;
