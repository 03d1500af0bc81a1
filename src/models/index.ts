export { ModelCatalog, openModel, STARTER } from './catalog.js';
export type { WeightsChoice } from './folder.js';
export { cachedRepositories, type CachedRepository } from './hub/cache.js';
export { KNOWN_NAMES, parseHubReference, type HubReference } from './hub/names.js';
export { Hub, type PullProgress } from './hub/pull.js';
export { hubSettings } from './hub/settings.js';
export { verifySnapshot } from './hub/verify.js';
export { Model } from './model.js';
export type { Manifest, ScoreRange } from './manifest.js';
