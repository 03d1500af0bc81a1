export {
  byteLengthOf,
  damaged,
  DTYPE_BYTES,
  filesOf,
  scalesOf,
  type Checkpoint,
  type StoredTensor,
} from './checkpoint.js';
export { describeTextModel, isTextModel } from './bert/index.js';
export { check, type FamilyWords, type ModelDescription, type Preparation } from './description.js';
export { describeTransformers, withUsualNames } from './families.js';
export { STATES } from './graph/ends.js';
export { describeOpenClip } from './open-clip/index.js';
export { buildImageTower, buildTextTower, imageOptions, textOptions } from './towers.js';
