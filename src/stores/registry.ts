import { readdirSync } from 'node:fs';
import path from 'node:path';
import { ClipgraphError } from '../errors/index.js';
import type { MetPlugin } from '../plugins/meeting.js';
import { PluginRegistry } from '../plugins/registry.js';
import { Store } from './store.js';

/** The plugins that ship with the package: each folder is one, and its name is the store's. */
const PLUGIN_FOLDER = path.join(__dirname, '..', '..', 'plugins', 'stores');

export interface StoreRegistryOptions {
  /** The store that serves when a collection names none. */
  readonly default: string;
  /** The plugins' options by store name. */
  readonly stores: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** The stores among the plugins of the configuration. */
  readonly plugins: readonly Pick<MetPlugin, 'name' | 'module'>[];
}

function builtInStores(): Pick<MetPlugin, 'name' | 'module'>[] {
  return readdirSync(PLUGIN_FOLDER, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => {
      const specifier = path.join(PLUGIN_FOLDER, name, `index${path.extname(__filename)}`);
      return { name, module: { specifier, from: PLUGIN_FOLDER } };
    });
}

/** Finds stores by name. Knows which plugins there are only from the folders it finds and the configuration. */
export class StoreRegistry {
  readonly #stores: PluginRegistry<Store>;
  readonly #default: string;
  readonly #configured: readonly string[];

  /** @throws STORE_NOT_FOUND for a name that no plugin has; BAD_USER_INPUT for two of one name */
  constructor({ default: first, stores, plugins }: StoreRegistryOptions) {
    const made = [...builtInStores(), ...plugins].map(
      ({ name, module }) => new Store({ name, module, options: stores[name] ?? {} }),
    );
    this.#stores = new PluginRegistry('store', 'STORE_NOT_FOUND', made);
    this.#default = first;
    this.#configured = [...new Set([first, ...Object.keys(stores), ...plugins.map(({ name }) => name)])];
    for (const name of this.#configured) this.get(name);
  }

  /**
   * @param name the default one if absent
   * @throws STORE_NOT_FOUND with the nearest name
   */
  get(name: string = this.#default): Store {
    return this.#stores.get(name);
  }

  list(): Store[] {
    return this.#stores.list();
  }

  /** Those that the configuration names, the default one first: the others are asked for nothing. */
  configured(): Store[] {
    return this.#configured.map((name) => this.get(name));
  }

  /**
   * @param name the default one if absent
   * @throws STORE_NOT_FOUND for one that the configuration does not name
   */
  getConfigured(name: string = this.#default): Store {
    const store = this.get(name);
    if (this.#configured.includes(name)) return store;
    const message = `The store ${name} is not configured: name it under stores in the configuration.`;
    throw new ClipgraphError('STORE_NOT_FOUND', message);
  }

  async close(): Promise<void> {
    await Promise.all(this.list().map((store) => store.close()));
  }
}
