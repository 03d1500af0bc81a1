/**
 * `clipgraph/core`: the mathematics alone, without a model, for programs that have one of their own and for browsers.
 *
 * Pure and synchronous: no input or output, no package, and no API but those that Node and every browser have
 * (`TextEncoder`, `TextDecoder`, `atob`, WebAssembly; without the last the same results come from plain code).
 * Pixels equal Pillow's to the bit, token ids the reference tokenizers'.
 *
 * @module
 */
export {
  clipPlan,
  cropsToTensor,
  CLIP_NORMALIZATION,
  FILTERS,
  naflexSize,
  planCrop,
  preparePicture,
  type Convention,
  type CropPlan,
  type Filter,
  type Normalization,
  type Picture,
  type PillowVersion,
  type PixelPlan,
  type PrepareOptions,
  type Raster,
  type Resize,
  type Samples,
  type Size,
  type Span,
  type Window,
} from './image/index.js';
export {
  atOnce,
  createTokenizer,
  END_MARKER,
  parseTokenizerJson,
  parseVocabulary,
  START_MARKER,
  type Merge,
  type Steps,
  type TextConvention,
  type Tokenizer,
  type TokenizeOptions,
  type Tokens,
  type Vocabulary,
} from './text/index.js';
export {
  angle,
  blend,
  certainty,
  clipScore,
  clusterVectors,
  cosine,
  cosineMatrix,
  cosinesWith,
  distance,
  indexBytes,
  maxIndexRows,
  nearDuplicates,
  norm,
  PACKED_FORMAT,
  rankingOf,
  RowSet,
  searchRows,
  sigmoid,
  softmax,
  unit,
  VectorIndex,
  type ClusterOptions,
  type Clusters,
  type CompareRows,
  type DuplicateGroup,
  type DuplicateOptions,
  type Numbers,
  type ReadVector,
  type RowHit,
  type RowSearch,
  type SearchAfter,
  type SearchOptions,
} from './similarity/index.js';
export { ClipgraphError, type ErrorCode } from '../errors/index.js';
