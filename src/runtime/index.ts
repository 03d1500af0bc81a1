/**
 * `clipgraph/runtime`: what a runtime plugin is written against.
 *
 * @module
 */
export {
  defineRuntime,
  type ExternalWeights,
  type ImageBatch,
  type GraphTowerSource,
  type Isolation,
  type Precision,
  type Probe,
  type RunRequest,
  type RuntimeDeclaration,
  type RuntimeDefinition,
  type RuntimeInfo,
  type RuntimePlugin,
  type Tensor,
  type TensorInfo,
  type TextBatch,
  type Tower,
  type TowerBatch,
  type TowerGraph,
  type TowerKind,
  type TowerManifest,
  type TowerSource,
} from './contract.js';
export { conformanceTests } from './moved.js';
export { imageGraph as smallGraph } from './conformance/graphs.js';
export { feedsFor, type Feed } from './feeds.js';
export {
  externalWeights,
  towerOfSession,
  type OrtMetadata,
  type OrtResult,
  type OrtSession,
  type OrtTensorClass,
} from './onnx/session-tower.js';
export { isOutOfMemory } from './open-failure.js';
export { parseOptions } from '../plugins/options.js';
export { ClipgraphError, type ErrorCode } from '../errors/index.js';
