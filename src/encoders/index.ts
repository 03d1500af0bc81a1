export {
  byteLengthOf,
  damaged,
  DTYPE_BYTES,
  filesOf,
  scalesOf,
  type Checkpoint,
  type StoredTensor,
} from './checkpoint.js';
export {
  buildImageTower,
  buildTextTower,
  clipImageOptions,
  clipTextOptions,
  describeOpenClip,
} from './clip/index.js';
export { check, type FamilyWords, type ModelDescription, type Preparation } from './description.js';
export { describeTransformers, withUsualNames } from './families.js';
export { STATES } from './graph/ends.js';
