import type { Command } from 'commander';
import type { Config } from '../config/index.js';
import {
  createAsk,
  embedPatiently,
  openEmbedder,
  type Ask,
  type EmbedContents,
  type Embedder,
  type Embedding,
  type EmbedOptions,
} from '../engine/index.js';
import { ClipgraphError } from '../errors/index.js';
import { createLog } from '../server/log.js';
import { addConfigFlags, configOf } from './config-flags.js';
import { readingOf, type NamedContent, type Reading } from './contents.js';
import { oneLine } from './item-name.js';
import { createProgressBar, timeLeft, type ProgressBar } from './progress-bar.js';
import { pullProgress } from './pull-progress.js';

/** What a command works with. */
export interface Session {
  readonly config: Config;
  readonly embedder: Embedder;
  readonly options: EmbedOptions;
  readonly isJson: boolean;
  /** How its arguments are read. */
  readonly reading: Reading;
  /** How its questions have contents embedded: many at a time, with a bar on a terminal. */
  readonly ask: Ask;
}

/** Contents from which on a bar is worth its line. */
const MANY = 20;

/** A bar on standard error, where that is a terminal and there are many contents, or nobody knows how many. */
export function embeddingBar(count: number | undefined): ProgressBar | undefined {
  if (!process.stderr.isTTY || (count !== undefined && count < MANY)) return undefined;
  const since = performance.now();
  return createProgressBar(
    process.stderr,
    count,
    (done) => `${done}${count === undefined ? '' : ` of ${count}`}${timeLeft(done, count, since)}`,
  );
}

/** Contents embedded as the library does, with a bar where there are many. */
function withBar(embed: EmbedContents): EmbedContents {
  return async (contents, signal, take) => {
    const bar = embeddingBar(contents.length);
    try {
      await embed(contents, signal, (result, index) => {
        bar?.advance(1);
        take(result, index);
      });
    } finally {
      bar?.stop();
    }
  };
}

/** Says on standard error what failed, and makes the exit code 1. */
export function reportFailures(
  failures: readonly { readonly name: string; readonly code: string; readonly message: string }[],
): void {
  for (const { name, code, message } of failures) {
    process.stderr.write(`${oneLine(name.slice(0, 200))}: ${code}: ${message}\n`);
  }
  if (failures.length > 0) process.exitCode = 1;
}

/** The embeddings of contents, in their order. What fails is said on standard error, and has none. */
export async function embedMany(
  ask: Ask,
  contents: readonly NamedContent[],
): Promise<(Embedding | undefined)[]> {
  const results = await ask.embedEach(contents.map(({ content }) => content));
  reportFailures(
    results.flatMap((result, i) =>
      result instanceof ClipgraphError
        ? [{ name: contents[i].name, code: result.code, message: result.message }]
        : [],
    ),
  );
  return results.map((result) => (result instanceof ClipgraphError ? undefined : result));
}

/** Gives a command what all have that embed: `--json`, `--truncate`, the configuration, and an embedder that is closed in the end. */
export function embeddingCommand(
  command: Command,
  action: (
    session: Session,
    options: Readonly<Record<string, unknown>>,
    args: readonly unknown[],
  ) => Promise<void>,
): Command {
  command
    .option('--json', 'print one JSON value')
    .option('--truncate', "cut texts that are longer than the model's context");
  return addConfigFlags(command).action(async (...given: unknown[]) => {
    const args = given.slice(0, -2);
    const flags = given.at(-2) as Readonly<Record<string, unknown>>;
    const config = configOf({ 'log.level': 'warn', ...flags });
    const embedder = await openEmbedder(config, createLog(config.log), { progress: pullProgress() });
    const options: EmbedOptions = { truncate: flags.truncate === true };
    try {
      await action(
        {
          config,
          embedder,
          options,
          isJson: flags.json === true,
          reading: readingOf(flags),
          ask: createAsk(withBar(embedPatiently(embedder, options)), new AbortController().signal),
        },
        flags,
        args,
      );
    } finally {
      await embedder.close();
    }
  });
}

/** What made an embedding, for the end of an answer. */
export function madeBy({ model, runtime }: Embedding): { model: string; dtype: string; runtime?: string } {
  const { id, manifest } = model;
  return { model: id, dtype: manifest.dtype, ...(runtime && { runtime: runtime.name }) };
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Prints a line, and waits where its reader is slower than we are. */
export function printPatiently(text: string): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.write(`${text}\n`, () => {
      resolve();
    });
  });
}
