export { planCrop, type CropPlan, type Span } from './crop-plan.js';
export { resampleCrop } from './resample.js';
export { compositeOnWhite } from './transparency.js';
export { cropsToTensor, CLIP_NORMALIZATION, type Normalization } from './tensor.js';
export type { Raster } from './raster.js';
