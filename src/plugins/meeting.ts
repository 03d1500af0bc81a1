import path from 'node:path';
import { ClipgraphError } from '../errors/index.js';
import { Remote, WorkerLost } from '../isolation/remote.js';
import type { PluginTraits } from './definition.js';
import type { PluginModule } from './loader.js';

/** A plugin of the configuration, of which is known what its module declares. */
export interface MetPlugin extends PluginTraits {
  readonly module: PluginModule;
}

const WORKER = path.join(__dirname, `worker${path.extname(__filename)}`);

function cannotBeLoaded({ specifier }: PluginModule, cause: unknown): ClipgraphError {
  if (cause instanceof ClipgraphError) return cause;
  if (cause instanceof WorkerLost && cause.remedy !== undefined) {
    // Nothing is known of the plugin yet.
    return new ClipgraphError('RUNTIME_UNAVAILABLE', `${cause.message} ${cause.remedy}`, { cause });
  }
  const [reason] = (cause instanceof Error ? cause.message : String(cause)).split('\n');
  const message = `The plugin "${specifier}" cannot be loaded. ${reason}`;
  return new ClipgraphError('RUNTIME_UNAVAILABLE', message, { cause });
}

/** Loads a plugin in a process that lives for a moment: its module may exit, hang or throw. */
async function meet(module: PluginModule, watchdogMs: number): Promise<MetPlugin> {
  const worker = new Remote({ title: `process of the plugin ${module.specifier}`, entry: WORKER });
  try {
    return { ...((await worker.call('meet', module, { watchdogMs })) as PluginTraits), module };
  } catch (cause) {
    throw cannotBeLoaded(module, cause);
  } finally {
    await worker.close(0);
  }
}

/**
 * The plugins that the configuration names, in its order. Their kinds come from what their modules define.
 *
 * @param kinds that there are
 * @param watchdogMs milliseconds for one to load
 * @throws RUNTIME_NOT_FOUND for one that is not there; RUNTIME_UNAVAILABLE for one that cannot be loaded, or is of another kind
 */
export async function meetPlugins(
  modules: readonly PluginModule[],
  kinds: readonly string[],
  watchdogMs: number,
): Promise<MetPlugin[]> {
  const plugins = await Promise.all(modules.map((module) => meet(module, watchdogMs)));
  for (const { kind, module } of plugins) {
    if (kinds.includes(kind)) continue;
    const message = `The plugin "${module.specifier}" is a ${kind}; this version of Clipgraph takes: ${kinds.join(', ')}.`;
    throw new ClipgraphError('RUNTIME_UNAVAILABLE', message);
  }
  return plugins;
}
