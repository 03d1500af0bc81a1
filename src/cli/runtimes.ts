import { Command } from 'commander';
import { openEmbedder, type Embedder } from '../engine/index.js';
import type { Probe } from '../runtime/index.js';
import type { Runtime } from '../runtime/runtime.js';
import { createLog } from '../server/index.js';
import { addConfigFlags, configOf } from './config-flags.js';
import { pullProgress } from './pull-progress.js';

interface Found {
  readonly name: string;
  readonly probe: Probe;
  readonly isDefault: boolean;
  readonly workers: number;
}

/** Every runtime, asked whether it can run. */
export async function findRuntimes({ runtimes }: Embedder): Promise<Found[]> {
  const chosen: Runtime | undefined = await runtimes.default().catch(() => undefined);
  return Promise.all(
    runtimes.list().map(async (runtime) => {
      const { name, workers } = runtime;
      return { name, workers, probe: await runtime.probeAndRest(), isDefault: runtime === chosen };
    }),
  );
}

function describe({ name, probe, isDefault, workers }: Found): string {
  const title = `${name}${isDefault ? ' (default)' : ''}`.padEnd(16);
  if (!probe.ready) {
    const { reason, remedy, detail } = probe;
    const lines = [`not here: ${reason}`, remedy, ...(detail === undefined ? [] : [`It said: ${detail}`])];
    return title + lines.join(`\n${' '.repeat(16)}`);
  }
  const { device, library, version, threads } = probe.info;
  return `${title}ready: ${device}, ${library} ${version}, threads: ${threads}, workers: ${workers}`;
}

/** `clipgraph runtimes`. */
export function runtimesCommand(): Command {
  const command = new Command('runtimes')
    .description('What this machine can run, and why not the rest.')
    .option('--json', 'print one JSON array')
    .addHelpText(
      'after',
      '\nExamples:\n  $ clipgraph runtimes\n  $ clipgraph runtimes --runtime cuda,cpu --json',
    );
  return addConfigFlags(command).action(async (options: Record<string, unknown>) => {
    const config = configOf({ 'log.level': 'error', ...options });
    const embedder = await openEmbedder(config, createLog(config.log), { progress: pullProgress() });
    try {
      const found = await findRuntimes(embedder);
      const rows = found.map(({ name, probe, isDefault, workers }) => ({
        name,
        isDefault,
        workers,
        ...probe,
      }));
      process.stdout.write(
        options.json === true ? `${JSON.stringify(rows)}\n` : `${found.map(describe).join('\n')}\n`,
      );
    } finally {
      await embedder.close();
    }
  });
}
