export { buildMobileClipImage } from './image-tower.js';
export { mobileClipImageOptions, type MobileClipImageOptions } from './options.js';
