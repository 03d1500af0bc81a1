import { availableParallelism, cpus, freemem, totalmem } from 'node:os';
import { Command } from 'commander';
import { VERSION } from '../config/index.js';
import { openEmbedder, type Embedder } from '../engine/index.js';
import { createLog } from '../server/index.js';
import { addConfigFlags, configOf } from './config-flags.js';
import { findRuntimes } from './runtimes.js';

const CONTENTS = [{ text: 'a dog' }, { image: { example: 'dog' } }] as const;

/** What one runtime made of the contents, and how long it took, its start included and without. */
interface Trial {
  readonly runtime: string;
  readonly vectors: readonly Float32Array[];
  readonly firstMs: number;
  readonly nextMs: number;
}

async function tryRuntime(embedder: Embedder, runtime: string, timeoutMs: number): Promise<Trial> {
  const scope = { signal: AbortSignal.timeout(timeoutMs) };
  const from = performance.now();
  const embeddings = await Promise.all(
    CONTENTS.map((content) => embedder.embed(content, { runtime }, scope)),
  );
  const firstMs = performance.now() - from;
  const again = performance.now();
  await embedder.embed({ text: `a dog at ${again}` }, { runtime }, scope); // A text that no cache knows.
  const nextMs = performance.now() - again;
  return { runtime, vectors: embeddings.map(({ vector }) => vector), firstMs, nextMs };
}

function largestDifference(a: Trial, b: Trial): number {
  const differences = a.vectors.flatMap((vector, i) =>
    Array.from(vector, (value, j) => Math.abs(value - b.vectors[i][j])),
  );
  return Math.max(...differences);
}

const gigabytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GB`;

/** `clipgraph doctor`. */
export function doctorCommand(): Command {
  const command = new Command('doctor')
    .description(
      'Check this machine: versions, memory, and a small run on every runtime, compared with each other.',
    )
    .addHelpText('after', '\nExamples:\n  $ clipgraph doctor\n  $ clipgraph doctor --model ./my-clip');
  return addConfigFlags(command).action(async (options: Record<string, unknown>) => {
    const config = configOf({ 'log.level': 'error', ...options });
    const embedder = await openEmbedder(config, createLog(config.log));
    const print = (line: string): void => void process.stdout.write(`${line}\n`);
    let isHealthy = true;
    try {
      const processor = cpus().at(0)?.model.trim() ?? 'unknown processor';
      print(`Clipgraph ${VERSION}, Node ${process.versions.node}, ${process.platform} ${process.arch}`);
      print(
        `${processor}, cores: ${availableParallelism()}, memory: ${gigabytes(freemem())} of ${gigabytes(totalmem())} free`,
      );
      print(
        `model ${embedder.models.default.id}, checksum ${(await embedder.models.default.checksum()).slice(0, 12)}…`,
      );
      const trials: Trial[] = [];
      for (const { name, probe } of await findRuntimes(embedder)) {
        if (!probe.ready) {
          print(`${name}: not here. ${probe.reason} ${probe.remedy}`);
          continue;
        }
        try {
          const trial = await tryRuntime(embedder, name, config.limits.timeoutMs);
          const { library, version, threads } = probe.info;
          print(
            `${name}: ${library} ${version}, threads: ${threads}; first answers after ${trial.firstMs.toFixed(0)} ms, ` +
              `the next text after ${trial.nextMs.toFixed(1)} ms`,
          );
          trials.push(trial);
        } catch (error) {
          isHealthy = false;
          print(`${name}: failed. ${error instanceof Error ? error.message : String(error)}`);
        }
      }
      for (const trial of trials.slice(1)) {
        const difference = largestDifference(trials[0], trial);
        print(
          `${trial.runtime} against ${trials[0].runtime}: components differ by ${difference.toExponential(1)} at most`,
        );
      }
      if (trials.length === 0) isHealthy = false;
      print(isHealthy ? 'All is well.' : 'Something is wrong: see above.');
      if (!isHealthy) process.exitCode = 1;
    } finally {
      await embedder.close();
    }
  });
}
