import type { Command } from 'commander';
import type { Config } from '../config/index.js';
import {
  openEngine,
  type Collection,
  type Collections,
  type Embedder,
  type EmbedOptions,
} from '../engine/index.js';
import { ClipgraphError } from '../errors/index.js';
import { createLog } from '../server/log.js';
import { addConfigFlags, configOf } from './config-flags.js';
import { readingOf, type Reading } from './contents.js';
import { pullProgress } from './pull-progress.js';

/** The collection that commands work on unless they are told another. */
export const DEFAULT_COLLECTION = 'default';

/** What a command that works on collections has. */
export interface CollectionSession {
  readonly config: Config;
  readonly embedder: Embedder;
  readonly collections: Collections;
  readonly options: EmbedOptions;
  readonly isJson: boolean;
  readonly reading: Reading;
  readonly signal: AbortSignal;
}

type Action = (
  session: CollectionSession,
  flags: Readonly<Record<string, unknown>>,
  args: readonly unknown[],
) => Promise<void>;

/** Gives a command what all have that work on collections: `--json`, the configuration, and stores that are closed in the end. */
export function collectionCommand(command: Command, action: Action): Command {
  command.option('--json', 'print one JSON value');
  return addConfigFlags(command).action(async (...given: unknown[]) => {
    const args = given.slice(0, -2);
    // Those that its parent has taken, too.
    const flags: Readonly<Record<string, unknown>> = (given.at(-1) as Command).optsWithGlobals();
    const config = configOf({ 'log.level': 'warn', ...flags });
    const engine = await openEngine(config, createLog(config.log), { progress: pullProgress() });
    try {
      await action(
        {
          ...engine,
          config,
          options: {},
          isJson: flags.json === true,
          reading: readingOf(flags),
          signal: new AbortController().signal,
        },
        flags,
        args,
      );
    } finally {
      await engine.collections.close();
      await engine.embedder.close();
    }
  });
}

/** Gives a command `--collection NAME`. */
export function addCollectionFlag(command: Command): Command {
  return command.option('--collection <name>', `the collection (default: ${DEFAULT_COLLECTION})`);
}

export function collectionNameOf(flags: Readonly<Record<string, unknown>>): string {
  return (flags.collection as string | undefined) ?? DEFAULT_COLLECTION;
}

/**
 * @throws COLLECTION_NOT_FOUND that says how one is made
 */
export async function findCollection(collections: Collections, name: string): Promise<Collection> {
  try {
    return await collections.get(name);
  } catch (cause) {
    if (!(cause instanceof ClipgraphError) || cause.code !== 'COLLECTION_NOT_FOUND') throw cause;
    const others = (await collections.list()).map((collection) => collection.name);
    const there = others.length === 0 ? 'There is none yet' : `There are ${others.join(', ')}`;
    const message = `There is no collection ${name.slice(0, 100)}. ${there}; clipgraph index FOLDER --collection NAME makes one.`;
    throw new ClipgraphError('COLLECTION_NOT_FOUND', message, { cause });
  }
}

/** The collection of this name, which is made if it is not there. */
export async function findOrCreate(collections: Collections, name: string): Promise<Collection> {
  const known = await existing(collections, name);
  if (known !== undefined) return known;
  try {
    return await collections.create({ name });
  } catch (error) {
    if (!(error instanceof ClipgraphError) || error.code !== 'COLLECTION_EXISTS') throw error;
    return collections.get(name); // Another process was faster.
  }
}

/** The collection of this name, if it is there. */
export async function existing(collections: Collections, name: string): Promise<Collection | undefined> {
  try {
    return await collections.get(name);
  } catch (error) {
    if (error instanceof ClipgraphError && error.code === 'COLLECTION_NOT_FOUND') return undefined;
    throw error;
  }
}
