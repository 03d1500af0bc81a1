import type { NewRow } from '../contract.js';
import { rowsOf } from './rows.js';

/** What a writer is told: which plugin, where, and what it writes. */
export interface WriterTask {
  readonly name: string;
  readonly module: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly collection: string;
  readonly rows: number;
  readonly batch: number;
  readonly seed: number;
  /** Of every id. */
  readonly prefix: string;
}

/** What it writes: rows with something beside them. */
export function writtenRows({ rows, seed, prefix }: Pick<WriterTask, 'rows' | 'seed' | 'prefix'>): NewRow[] {
  return rowsOf(rows, seed).map((row) => {
    const id = prefix + row.id;
    return { ...row, id, thumbnail: Buffer.from(id) };
  });
}
