export { decodeBase64 } from './base64.js';
export { EXAMPLES, EXAMPLES_FOLDER, readExample, type Example } from './examples.js';
export { readFileOf } from './file.js';
export { checkImageSize } from './image-limits.js';
export { PreparationPool } from './preparation-pool.js';
export type { PreparedImage } from './prepare.js';
export { nameOf, sniffFormat, type ImageFormat } from './sniff.js';
export { UrlFetcher } from './url-fetcher.js';
