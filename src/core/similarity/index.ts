export { blend } from './blend.js';
export { cosine, norm, unit, type Numbers } from './cosine.js';
export { cosineMatrix, cosinesWith } from './matrix.js';
export { rankingOf, softmax } from './ranking.js';
export { angle, certainty, clipScore, distance } from './scores.js';
export {
  indexBytes,
  maxIndexRows,
  RowSet,
  searchRows,
  VectorIndex,
  type CompareRows,
  type ReadVector,
  type RowHit,
  type RowSearch,
  type SearchAfter,
  type SearchOptions,
} from './search/index.js';
