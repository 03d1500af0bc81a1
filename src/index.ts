/**
 * `clipgraph`: the library, for programs that need no server.
 *
 * @module
 */
export { loadConfig, configSchema, VERSION, type Config, type ConfigInput } from './config/index.js';
export {
  compare,
  Embedder,
  openEmbedder,
  type Content,
  type Embedding,
  type EmbedOptions,
  type ImageSource,
  type Similarity,
} from './engine/index.js';
export { ClipgraphError, ERRORS, type ErrorCode } from './errors/index.js';
