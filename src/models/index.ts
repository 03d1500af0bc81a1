export { ModelCatalog, STARTER } from './catalog.js';
export { Model } from './model.js';
export type { Manifest, ScoreRange } from './manifest.js';
