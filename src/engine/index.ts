export type { Content, ImageSource, Modality } from './content.js';
export type { Embedding, ImageInfo, Timing } from './embedding.js';
export { Embedder, type EmbedOptions, type RequestScope } from './embedder.js';
export { openEmbedder } from './open.js';
export { compare, rank, type Match, type Similarity } from './similarity.js';
