export { blend } from './blend.js';
export { clusterVectors, type ClusterOptions, type Clusters } from './clusters.js';
export { cosine, norm, unit, type Numbers } from './cosine.js';
export { cosineMatrix, cosineMatrixInSteps, cosinesWith } from './matrix.js';
export { rankingOf, softmax } from './ranking.js';
export { angle, certainty, clipScore, distance, sigmoid } from './scores.js';
export {
  indexBytes,
  maxIndexRows,
  nearDuplicates,
  PACKED_FORMAT,
  RowSet,
  searchRows,
  VectorIndex,
  type CompareRows,
  type DuplicateGroup,
  type DuplicateOptions,
  type ReadVector,
  type RowHit,
  type RowSearch,
  type SearchAfter,
  type SearchOptions,
} from './search/index.js';
