/**
 * `clipgraph/runtime`: what a runtime plugin is written against.
 *
 * @module
 */
import { optionsParser } from '../plugins/options.js';

export {
  defineRuntime,
  type ExternalWeights,
  type GraphForm,
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
export { convolutionGraph as smallGraph } from './conformance/graphs.js';
export { feedsFor, type Feed } from './feeds.js';
export { operatorsOf, type GraphFile } from './onnx/reader.js';
export {
  externalWeights,
  towerOfSession,
  type OrtMetadata,
  type OrtResult,
  type OrtSession,
  type OrtTensorClass,
} from './onnx/session-tower.js';
export { isOutOfMemory } from './open-failure.js';
export { ClipgraphError, type ErrorCode } from '../errors/index.js';

/** Checks a plugin's options; the messages say \`runtimes.<name>\`. */
export const parseOptions = optionsParser('runtimes');
