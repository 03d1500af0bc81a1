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
export type { AddOptions, CollectionInfo, KeptCollection, WithSignal } from './kept-collection.js';
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
  AddedItem,
  Classification,
  Cluster,
  ClusterOptions,
  Content,
  ContentFailure,
  DuplicateGroup,
  DuplicateOptions,
  Embedding,
  EmbeddingSpace,
  EmbedOptions,
  FieldCondition,
  GivenVector,
  Hit,
  ImageInfo,
  ImageSource,
  Item,
  ItemFilter,
  Many,
  Match,
  Modality,
  NewCollection,
  NewItem,
  OneOf,
  PageInfo,
  Part,
  PartFields,
  ReindexOptions,
  ReindexProgress,
  SearchOptions,
  SearchResult,
  Similarity,
  SimilarityMatrix,
  Streamed,
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
