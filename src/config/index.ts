export { loadConfig, parseConfig, CONFIG_FILE, type ConfigSources, type LoadedConfig } from './load.js';
export { CONFIG_KEYS, variableOf, type ConfigKey } from './keys.js';
export { configSchema, runtimeOrder, type Config, type ConfigInput } from './schema.js';
export { limitsSchema, type LimitsConfig } from './limits.js';
export { withoutSecrets } from './secrets.js';
export { suggestion } from './suggestion.js';
export { valueAt } from './tree.js';
export { PACKAGE_ROOT, VERSION } from './package-info.js';
export { cacheHome, dataHome, expandHome, firstSet, homeFolder } from './user-folders.js';
