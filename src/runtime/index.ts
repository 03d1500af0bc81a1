/**
 * `clipgraph/runtime`: what a runtime plugin is written against.
 *
 * @module
 */
export {
  defineRuntime,
  type ImageBatch,
  type Probe,
  type RunRequest,
  type RuntimeFactory,
  type RuntimeInfo,
  type RuntimePlugin,
  type Tensor,
  type TensorInfo,
  type TextBatch,
  type Tower,
  type TowerBatch,
  type TowerKind,
  type TowerManifest,
  type TowerSource,
} from './contract.js';
export { feedsFor, type Feed } from './feeds.js';
export { ClipgraphError, type ErrorCode } from '../errors/index.js';
