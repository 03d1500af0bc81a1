import { randomUUID } from 'node:crypto';
import path from 'node:path';
import type { ConfigInput } from '../src/config/index.js';

/** The configuration of a stranger's store, which keeps everything in memory and which nobody else has. */
export function inMemory(key: string = randomUUID()): ConfigInput {
  const plugin = path.join(__dirname, 'stores', 'in-memory', 'index.js');
  return { store: 'in-memory', plugins: [plugin], stores: { 'in-memory': { key } } };
}
