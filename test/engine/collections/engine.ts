import { randomUUID } from 'node:crypto';
import path from 'node:path';
import pino from 'pino';
import { parseConfig, type ConfigInput } from '../../../src/config/index.js';
import {
  openEngine,
  type AddedItem,
  type Collection,
  type EmbedOptions,
  type Engine,
  type NewItem,
} from '../../../src/engine/index.js';
import type { ClipgraphError } from '../../../src/errors/index.js';

/** A stranger's store, which keeps everything in memory, by its path. */
export const IN_MEMORY = path.join(__dirname, '..', '..', 'stores', 'in-memory', 'index.js');

/** The configuration of a store that nobody else has. */
export function inMemory(key: string = randomUUID()): ConfigInput {
  return { store: 'in-memory', plugins: [IN_MEMORY], stores: { 'in-memory': { key } } };
}

export interface RunningEngine extends Engine {
  close(): Promise<void>;
}

/** The real starter on the real runtime, and collections in memory. */
export async function runEngine(config: ConfigInput = {}): Promise<RunningEngine> {
  const parsed = parseConfig({ runtime: 'cpu', ...inMemory(), ...config });
  const engine = await openEngine(parsed, pino({ level: 'silent' }));
  return {
    ...engine,
    close: async () => {
      await engine.collections.close();
      await engine.embedder.close();
    },
  };
}

export const NEVER: AbortSignal = new AbortController().signal;

/** Adds items; what became of each in its place. */
export async function addAll(
  collection: Collection,
  items: readonly NewItem[],
  options: EmbedOptions = {},
): Promise<(AddedItem | ClipgraphError)[]> {
  const results: (AddedItem | ClipgraphError)[] = [];
  for await (const { index, result } of collection.add(items, options, NEVER)) results[index] = result;
  return results;
}
