import { suggestion } from '../config/index.js';
import { ClipgraphError, type ErrorCode } from '../errors/index.js';

/** The plugins of one kind, by their names. */
export class PluginRegistry<Plugin extends { readonly name: string }> {
  readonly #kind: string;
  readonly #notFound: ErrorCode;
  readonly #plugins: ReadonlyMap<string, Plugin>;

  /**
   * @param kind for messages: `runtime`
   * @param notFound the code for a name that none has
   * @throws BAD_USER_INPUT when two have one name
   */
  constructor(kind: string, notFound: ErrorCode, plugins: readonly Plugin[]) {
    this.#kind = kind;
    this.#notFound = notFound;
    this.#plugins = new Map(plugins.map((plugin) => [plugin.name, plugin]));
    const names = plugins.map(({ name }) => name);
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice === undefined) return;
    const message = `Two ${kind} plugins are named "${twice}"; rename one of them.`;
    throw new ClipgraphError('BAD_USER_INPUT', message);
  }

  /** @throws the registry's code, with the nearest name */
  get(name: string): Plugin {
    const plugin = this.#plugins.get(name);
    if (plugin !== undefined) return plugin;
    const names = [...this.#plugins.keys()];
    throw new ClipgraphError(
      this.#notFound,
      `There is no ${this.#kind} named "${name.slice(0, 40)}".${suggestion(name, names)} Known: ${names.join(', ')}.`,
    );
  }

  list(): Plugin[] {
    return [...this.#plugins.values()];
  }
}
