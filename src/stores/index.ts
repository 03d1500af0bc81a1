/**
 * `clipgraph/store`: what a store plugin is written against.
 *
 * @module
 */
import { optionsParser } from '../plugins/options.js';

export {
  defineStore,
  type Attachment,
  type CollectionSpec,
  type CollectionState,
  type NewRow,
  type Origin,
  type Row,
  type ScanRequest,
  type SearchAnswer,
  type SearchHit,
  type SearchRequest,
  type Space,
  type StoreDeclaration,
  type StoreDefinition,
  type StoredCollection,
  type StoredImage,
  type StorePlugin,
  type StoreProbe,
  type StoreTraits,
} from './contract.js';
export { checkRow } from './check-row.js';
export {
  compareBytes,
  matches,
  valueAt,
  type Condition,
  type Filter,
  type FilteredRow,
  type FilterOrder,
} from './filter.js';
export { isSameJson, jsonTypeOf, type Json, type JsonObject, type JsonType } from './json.js';
export { memoryBytes } from '../config/limits.js';
export { dataHome, expandHome, type Environment } from '../config/user-folders.js';
export type { PluginDefinition, PluginTraits } from '../plugins/definition.js';
export { ClipgraphError, type ErrorCode } from '../errors/index.js';

/** Checks a plugin's options; the messages say `stores.<name>`. */
export const parseOptions = optionsParser('stores');
