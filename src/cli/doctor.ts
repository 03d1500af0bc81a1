import { availableParallelism, cpus, freemem, totalmem } from 'node:os';
import { Command } from 'commander';
import { VERSION } from '../config/index.js';
import { openEmbedder, type Embedder } from '../engine/index.js';
import { createLog } from '../server/log.js';
import { addConfigFlags, configOf } from './config-flags.js';
import { print } from './embedding-command.js';
import { findRuntimes } from './runtimes.js';
import { pullProgress } from './pull-progress.js';
import { addExamples } from './help.js';

const CONTENTS = [{ text: 'a dog' }, { image: { example: 'dog' } }] as const;

/** What one runtime made of the contents, and how long it took, its start included and without. */
interface Trial {
  readonly runtime: string;
  /** Of its vectors: another precision's lie in another space, and are further away. */
  readonly dtype: string;
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
  const [{ space }] = embeddings;
  return { runtime, dtype: space.dtype, vectors: embeddings.map(({ vector }) => vector), firstMs, nextMs };
}

/** How far a component of a vector of unit length may be from another runtime's of the same dtype. */
const TOLERANCE = 2e-5;

function largestDifference(a: Trial, b: Trial): number {
  const differences = a.vectors.flatMap((vector, i) =>
    Array.from(vector, (value, j) => Math.abs(value - b.vectors[i][j])),
  );
  return Math.max(...differences);
}

const gigabytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GB`;

interface Report {
  readonly version: string;
  readonly node: string;
  readonly platform: string;
  readonly processor: string;
  readonly cores: number;
  readonly memory: { readonly free: number; readonly total: number };
  readonly model: { readonly id: string; readonly checksum: string };
  readonly runtimes: readonly RuntimeReport[];
  readonly isHealthy: boolean;
}

/** Either it ran, or the reason why not; a runtime that isn't there is no illness. */
interface RuntimeReport {
  readonly name: string;
  readonly library?: string;
  readonly version?: string;
  readonly threads?: number;
  readonly firstMs?: number;
  readonly nextMs?: number;
  /** The largest difference of a component from the first runtime's. */
  readonly difference?: Difference;
  readonly absent?: string;
  readonly failure?: string;
}

interface Difference {
  readonly from: string;
  readonly largest: number;
  /** Whether that is what runtimes of one dtype may differ by; of another dtype nothing is promised. */
  readonly isWithin: boolean;
}

function compare(first: Trial, trial: Trial): Difference {
  const largest = largestDifference(first, trial);
  return { from: first.runtime, largest, isWithin: first.dtype !== trial.dtype || largest <= TOLERANCE };
}

async function examine(embedder: Embedder, timeoutMs: number): Promise<Report> {
  const trials: Trial[] = [];
  const runtimes: RuntimeReport[] = [];
  for (const { name, probe } of await findRuntimes(embedder)) {
    if (!probe.ready) {
      const { reason, remedy, detail } = probe;
      const said = detail === undefined ? '' : ` It said: ${detail}`;
      runtimes.push({ name, absent: `${reason} ${remedy}${said}` });
      continue;
    }
    const { library, version, threads } = probe.info;
    try {
      const trial = await tryRuntime(embedder, name, timeoutMs);
      const { firstMs, nextMs } = trial;
      const first = trials.at(0);
      const difference = first && compare(first, trial);
      trials.push(trial);
      runtimes.push({ name, library, version, threads, firstMs, nextMs, ...(first && { difference }) });
    } catch (error) {
      runtimes.push({ name, failure: error instanceof Error ? error.message : String(error) });
    }
  }
  const model = embedder.models.default;
  return {
    version: VERSION,
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    processor: cpus().at(0)?.model.trim() ?? 'unknown processor',
    cores: availableParallelism(),
    memory: { free: freemem(), total: totalmem() },
    model: { id: model.id, checksum: await model.checksum() },
    runtimes,
    isHealthy:
      trials.length > 0 &&
      runtimes.every(({ failure, difference }) => failure === undefined && difference?.isWithin !== false),
  };
}

function describeRuntime({ name, absent, failure, ...ran }: RuntimeReport): string[] {
  if (absent !== undefined) return [`${name}: not here. ${absent}`];
  if (failure !== undefined) return [`${name}: failed. ${failure}`];
  const { library, version, threads, firstMs = 0, nextMs = 0, difference } = ran;
  return [
    `${name}: ${library} ${version}, threads: ${threads}; first answers after ${firstMs.toFixed(0)} ms, ` +
      `the next text after ${nextMs.toFixed(1)} ms`,
    ...(difference === undefined
      ? []
      : [
          `${name} against ${difference.from}: components differ by ${difference.largest.toExponential(1)} at most${difference.isWithin ? '' : `: more than the ${TOLERANCE.toExponential(0)} that is promised`}`,
        ]),
  ];
}

function describeReport({ memory, model, runtimes, isHealthy, ...machine }: Report): string[] {
  const { version, node, platform, processor, cores } = machine;
  return [
    `Clipgraph ${version}, Node ${node}, ${platform}`,
    `${processor}, cores: ${cores}, memory: ${gigabytes(memory.free)} of ${gigabytes(memory.total)} free`,
    `model ${model.id}, checksum ${model.checksum.slice(0, 12)}…`,
    ...runtimes.flatMap(describeRuntime),
    isHealthy ? 'All is well.' : 'Something is wrong: see above.',
  ];
}

/** `clipgraph doctor`. */
export function doctorCommand(): Command {
  const command = new Command('doctor')
    .description(
      'Check this machine: versions, memory, and a small run on every runtime, compared with each other.',
    )
    .option('--json', 'print one JSON value');
  addExamples(command, 'clipgraph doctor', 'clipgraph doctor --model ./my-clip');
  return addConfigFlags(command).action(async (options: Record<string, unknown>) => {
    const config = configOf({ 'log.level': 'error', ...options });
    const embedder = await openEmbedder(config, createLog(config.log), { progress: pullProgress() });
    try {
      const report = await examine(embedder, config.limits.timeoutMs);
      if (options.json === true) print(JSON.stringify(report));
      else for (const line of describeReport(report)) print(line);
      if (!report.isHealthy) process.exitCode = 1;
    } finally {
      await embedder.close();
    }
  });
}
