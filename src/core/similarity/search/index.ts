export type { CompareRows, RowHit } from './best-rows.js';
export { indexBytes, maxIndexRows, PACKED_FORMAT } from './layout.js';
export { nearDuplicates, type DuplicateGroup, type DuplicateOptions } from './near-duplicates.js';
export type { ReadVector, SearchAfter } from './query-scan.js';
export { RowSet } from './row-set.js';
export { searchRows, type RowSearch, type SearchOptions } from './search.js';
export { VectorIndex } from './vector-index.js';
