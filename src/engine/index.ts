export {
  askAtOnce,
  createAsk,
  embedPatiently,
  type Ask,
  type EmbedContents,
  type EmbedResult,
} from './ask.js';
export { checkContent, kindOf } from './check-content.js';
export { DEFAULT_TEMPLATE, type Classification } from './classification.js';
export type {
  Content,
  GivenVector,
  ImageSource,
  Modality,
  OneOf,
  Part,
  PartFields,
  WeightedPart,
} from './content.js';
export type { Embedding, EmbeddingSpace, ImageInfo, Timing, TokenEmbeddings } from './embedding.js';
export { Embedder } from './embedder.js';
export type { EmbedOptions, RequestScope } from './options.js';
export {
  Inspector,
  type ImageInspection,
  type ImageInspectionOptions,
  type TextInspectionOptions,
} from './inspector.js';
export { endingStream } from './ending-stream.js';
export { pack } from './given-vector.js';
export { inBatches } from './in-batches.js';
export { probabilitiesOf, type SimilarityMatrix } from './matrix.js';
export {
  askClassify,
  askMatrix,
  askRank,
  askSimilarity,
  type ContentFailure,
  type LabelRanking,
  type Ranking,
} from './questions.js';
export { openCatalog, openEmbedder, openEngine, openInspector, type Engine } from './open.js';
export * from './collections/index.js';
export { compare, type Match, type Similarity } from './similarity.js';
export { followerOf } from './cancelling.js';
export { embedStream, type Many, type Streamed, type StreamedResult } from './stream.js';
