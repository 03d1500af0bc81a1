import type { Isolation } from '../isolation/link.js';

/** What is known of a plugin before it is made: the kind and the name that its module declares, and where it wants to run. */
export interface PluginTraits<Kind extends string = string> {
  readonly kind: Kind;
  /** What the configuration calls it: its options are under this name. */
  readonly name: string;
  readonly isolation: Isolation;
}

/** The default export of a plugin's module. */
export interface PluginDefinition<
  Kind extends string = string,
  Options extends object = Record<string, unknown>,
  Instance = unknown,
> extends PluginTraits<Kind> {
  /** Makes the plugin from its options in the configuration. Throws when an option is wrong. */
  readonly create: (options: Options) => Instance;
}

const NAME = /^[a-z][\w-]{0,39}$/i;
const ISOLATIONS: readonly unknown[] = ['process', 'thread', 'none'];
const UPGRADING = 'See docs/upgrading.md.';

/**
 * Checks what a plugin's module declares.
 *
 * @param declare what a plugin writes, for the message: `defineRuntime`
 * @throws TypeError that says what to write
 */
export function definePlugin<Kind extends string, Options extends object, Instance>(
  declare: string,
  definition: PluginDefinition<Kind, Options, Instance>,
): PluginDefinition<Kind, Options, Instance> {
  const { name, isolation, create } = definition as Partial<PluginDefinition>;
  const right = `${declare}({ name: 'my-name' }, (options) => ({ … }))`;
  if (typeof name !== 'string' || !NAME.test(name)) {
    const wanted = 'a name of up to 40 letters, digits, - and _ that begins with a letter';
    throw new TypeError(
      `${declare} expected ${wanted} but received ${JSON.stringify(name)}. Write ${right}. ${UPGRADING}`,
    );
  }
  if (!ISOLATIONS.includes(isolation)) {
    const received = JSON.stringify(isolation);
    throw new TypeError(`${declare} expected process, thread or none as isolation but received ${received}.`);
  }
  if (typeof create !== 'function') {
    throw new TypeError(`${declare} expected a function that makes ${name}. Write ${right}. ${UPGRADING}`);
  }
  return Object.freeze(definition);
}

/**
 * A module's default export as the definition of a plugin, of whatever kind.
 *
 * @throws TypeError that says what to write
 */
export function readDefinition(exported: unknown): PluginDefinition {
  const { kind, name, isolation, create } = (exported ?? {}) as Partial<PluginDefinition>;
  if (
    typeof kind === 'string' &&
    typeof name === 'string' &&
    ISOLATIONS.includes(isolation) &&
    typeof create === 'function'
  ) {
    return exported as PluginDefinition;
  }
  throw new TypeError(
    `Its default export is ${exported === undefined ? 'missing' : typeof exported}, not the definition of a plugin. Write: ` +
      `export default defineRuntime({ name: 'my-runtime' }, (options) => ({ probe, open })). ${UPGRADING}`,
  );
}
