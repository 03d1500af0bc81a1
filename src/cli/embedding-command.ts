import type { Command } from 'commander';
import { SingleBar } from 'cli-progress';
import type { Config } from '../config/index.js';
import {
  embedStream,
  openEmbedder,
  type Embedder,
  type Embedding,
  type EmbedOptions,
} from '../engine/index.js';
import { ClipgraphError } from '../errors/index.js';
import { createLog } from '../server/index.js';
import { addConfigFlags, configOf } from './config-flags.js';
import { nameOf, type NamedContent } from './contents.js';
import { pullProgress } from './pull-progress.js';

/** What a command works with. */
export interface Session {
  readonly config: Config;
  readonly embedder: Embedder;
  readonly options: EmbedOptions;
  readonly isJson: boolean;
  /**
   * The embeddings of many contents, in their order, with a bar on a terminal. What fails is said on standard error,
   * has no embedding, and makes the exit code 1.
   */
  readonly embedMany: (contents: readonly NamedContent[]) => Promise<(Embedding | undefined)[]>;
  /** The embedding of one content. */
  readonly embedOne: (content: NamedContent) => Promise<Embedding>;
}

/** Contents from which on a bar is worth its line. */
const MANY = 20;

async function embedAll(
  { embedder, options }: Pick<Session, 'embedder' | 'options'>,
  contents: readonly NamedContent[],
): Promise<(Embedding | undefined)[]> {
  const bar =
    contents.length >= MANY && process.stderr.isTTY
      ? new SingleBar({
          stream: process.stderr,
          format: '{bar} {value} of {total}, {eta_formatted} left',
          clearOnComplete: true,
          hideCursor: true,
        })
      : undefined;
  const embeddings: (Embedding | undefined)[] = contents.map(() => undefined);
  const failures: string[] = [];
  bar?.start(contents.length, 0);
  try {
    for await (const { index, result } of embedStream(
      embedder,
      contents,
      options,
      new AbortController().signal,
    )) {
      bar?.increment();
      if (result instanceof ClipgraphError) {
        failures.push(`${nameOf(contents[index]).slice(0, 200)}: ${result.code}: ${result.message}\n`);
      } else {
        embeddings[index] = result;
      }
    }
  } finally {
    bar?.stop();
  }
  for (const failure of failures) process.stderr.write(failure);
  if (failures.length > 0) process.exitCode = 1;
  return embeddings;
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
          embedMany: (contents) => embedAll({ embedder, options }, contents),
          embedOne: (content) =>
            embedder.embed(content, options, { signal: AbortSignal.timeout(config.limits.timeoutMs) }),
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
