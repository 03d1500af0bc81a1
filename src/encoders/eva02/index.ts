export { buildEva02Image } from './image-tower.js';
export { eva02ImageOptions, type Eva02ImageOptions } from './options.js';
