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
import { inMemory } from '../../in-memory-store.js';

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
  for await (const { index, result } of collection.add(items, options, { signal: NEVER }))
    results[index] = result;
  return results;
}
