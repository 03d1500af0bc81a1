/**
 * `clipgraph`: the library, for programs that need no server.
 *
 * @module
 */
export {
  createClipgraph,
  type AskOptions,
  type Clipgraph,
  type RuntimeState,
  type WithFailures,
} from './clipgraph.js';
export type { Tokens } from './core/text/index.js';
export {
  angle,
  blend,
  certainty,
  clipScore,
  cosine,
  cosineMatrix,
  distance,
  norm,
  rankingOf,
  softmax,
  unit,
} from './core/similarity/index.js';
export {
  loadConfig,
  VERSION,
  type Config,
  type ConfigInput,
  type ConfigSources,
  type LoadedConfig,
} from './config/index.js';
export type {
  Classification,
  Content,
  ContentFailure,
  Embedding,
  EmbeddingSpace,
  EmbedOptions,
  GivenVector,
  ImageInfo,
  ImageSource,
  Match,
  Modality,
  OneOf,
  Part,
  PartFields,
  Similarity,
  SimilarityMatrix,
  StreamedResult,
  Timing,
  TokenEmbeddings,
  WeightedPart,
} from './engine/index.js';
export {
  ClipgraphError,
  ERRORS,
  type ClipgraphErrorOptions,
  type ErrorCode,
  type InputLocation,
} from './errors/index.js';
export type { Manifest, Model, VectorSpace } from './models/index.js';
