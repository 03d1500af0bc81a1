export { planCrop, type CropPlan, type PillowVersion, type Span, type Window } from './crop-plan.js';
export { FILTERS, type Filter } from './filters.js';
export { naflexSize } from './naflex.js';
export {
  canonicalPlan,
  clipPlan,
  describePlan,
  withSize,
  type Convention,
  type PixelPlan,
  type Resize,
  type Size,
} from './pixel-plan.js';
export { preparePicture, type PrepareOptions } from './prepare.js';
export type { Picture, Raster, Samples } from './raster.js';
export { columnsOf } from './taps.js';
export { cropsToTensor, normalizationTables, CLIP_NORMALIZATION, type Normalization } from './tensor.js';
