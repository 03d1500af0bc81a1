export { ERRORS, ERROR_CODES, type ErrorCode } from './codes.js';
export {
  ClipgraphError,
  isContentError,
  type ClipgraphErrorOptions,
  type InputLocation,
} from './clipgraph-error.js';
export { withoutPaths } from './without-paths.js';
