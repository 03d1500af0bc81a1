import { Command } from 'commander';
import { openEmbedder, type Embedder } from '../engine/index.js';
import type { Probe } from '../runtime/index.js';
import type { Runtime } from '../runtime/runtime.js';
import { createLog } from '../server/log.js';
import { addConfigFlags, configOf } from './config-flags.js';
import { pullProgress } from './pull-progress.js';
import { addExamples } from './help.js';

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

function titleOf({ name, isDefault }: Found): string {
  return `${name}${isDefault ? ' (default)' : ''}`;
}

function describe(found: Found, width: number): string {
  const { probe, workers } = found;
  const title = titleOf(found).padEnd(width);
  if (!probe.ready) {
    const { reason, remedy, detail } = probe;
    const lines = [`not here: ${reason}`, remedy, ...(detail === undefined ? [] : [`It said: ${detail}`])];
    return title + lines.join(`\n${' '.repeat(width)}`);
  }
  const { device, library, version, threads } = probe.info;
  return `${title}ready: ${device}, ${library} ${version}, threads: ${threads}, workers: ${workers}`;
}

/** `clipgraph runtimes`. */
export function runtimesCommand(): Command {
  const command = new Command('runtimes')
    .description('What this machine can run, and why not the rest.')
    .option('--json', 'print one JSON array');
  addExamples(command, 'clipgraph runtimes', 'clipgraph runtimes --runtime cuda,cpu --json');
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
      const width = Math.max(...found.map((runtime) => titleOf(runtime).length)) + 2;
      process.stdout.write(
        options.json === true
          ? `${JSON.stringify(rows)}\n`
          : found.map((runtime) => `${describe(runtime, width)}\n`).join(''),
      );
    } finally {
      await embedder.close();
    }
  });
}
