export type { Content, ImageSource, Modality } from './content.js';
export type { Embedding, ImageInfo, Timing } from './embedding.js';
export { Embedder, type EmbedOptions, type RequestScope } from './embedder.js';
export {
  Inspector,
  type ImageInspection,
  type ImageInspectionOptions,
  type TextInspectionOptions,
} from './inspector.js';
export { openEmbedder, openInspector } from './open.js';
export { compare, rank, type Match, type Similarity } from './similarity.js';
