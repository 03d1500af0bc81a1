export { columnsOf } from './bicubic.js';
export {
  planCrop,
  type Convention,
  type CropOptions,
  type CropPlan,
  type PillowVersion,
  type Span,
} from './crop-plan.js';
export { preparePicture, type PrepareOptions } from './prepare.js';
export type { Picture, Raster } from './raster.js';
export { cropsToTensor, CLIP_NORMALIZATION, type Normalization } from './tensor.js';
