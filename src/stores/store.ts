import { ClipgraphError, withoutPaths } from '../errors/index.js';
import { loadPlugin, type PluginModule } from '../plugins/loader.js';
import { Probing } from '../plugins/probing.js';
import type { StorePlugin, StoreProbe } from './contract.js';

export interface StoreOptions {
  readonly name: string;
  readonly module: PluginModule;
  /** The plugin's own, from the configuration. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** A sentence for a client: what a driver says may hold an address with a password, or the operator's folders. */
function fitForClients(probe: StoreProbe): StoreProbe {
  if (probe.ready) return probe;
  const { reason, remedy, detail = `${reason} ${remedy}` } = probe;
  return { ready: false, reason: withoutPaths(reason), remedy: withoutPaths(remedy), detail };
}

/** A store plugin of the configuration, loaded when it is first needed. */
export class Store {
  readonly name: string;
  readonly #options: StoreOptions;
  readonly #probing: Probing<StoreProbe>;
  #plugin: Promise<StorePlugin> | undefined;
  #isClosed = false;

  constructor(options: StoreOptions) {
    this.name = options.name;
    this.#options = options;
    this.#probing = new Probing(() => this.#probe());
  }

  /**
   * The plugin itself.
   *
   * @throws STORE_UNAVAILABLE when its module cannot be loaded, or after `close`; BAD_USER_INPUT for a wrong option
   */
  plugin(): Promise<StorePlugin> {
    if (this.#isClosed) {
      return Promise.reject(new ClipgraphError('STORE_UNAVAILABLE', `The store ${this.name} is closed.`));
    }
    this.#plugin ??= this.#load();
    return this.#plugin;
  }

  /** Whether it can serve. A refusal is asked again when somebody wants to know, not more often than the waits allow. */
  probe(): Promise<StoreProbe> {
    return this.#probing.probe();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const plugin = await this.#plugin?.catch(() => undefined);
    await plugin?.close();
  }

  async #load(): Promise<StorePlugin> {
    const { module, options } = this.#options;
    try {
      const { kind, create } = await loadPlugin(module);
      if (kind !== 'store') throw new TypeError(`Its module defines a ${kind}.`);
      return create(options) as StorePlugin;
    } catch (cause) {
      if (cause instanceof ClipgraphError) throw cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
      const message = `The store ${this.name} cannot be loaded. ${withoutPaths(reason)}`;
      throw new ClipgraphError('STORE_UNAVAILABLE', message, { cause });
    }
  }

  async #probe(): Promise<StoreProbe> {
    try {
      return fitForClients(await (await this.plugin()).probe());
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return fitForClients({
        ready: false,
        reason,
        remedy: `Correct stores.${this.name} in the configuration.`,
      });
    }
  }
}
