import { indexBytes, maxIndexRows } from 'clipgraph/core';
import { ClipgraphError } from 'clipgraph/store';
import type { FileState } from './format.js';

/** Bytes of memory that searching so many rows takes. */
export function memoryFor({ rows, dimensions }: Pick<FileState, 'rows' | 'dimensions'>): number {
  return indexBytes(Math.min(rows, maxIndexRows(dimensions)), dimensions);
}

/**
 * Whether so many rows can be searched at all.
 *
 * @throws what `refuse` makes of the sentence
 */
export function checkMemory(
  { rows, dimensions }: Pick<FileState, 'rows' | 'dimensions'>,
  maxBytes: number,
  code: 'COLLECTION_FULL' | 'STORE_UNAVAILABLE',
): void {
  const most = maxIndexRows(dimensions);
  if (rows > most) {
    throw new ClipgraphError(
      code,
      `A collection of ${dimensions} dimensions in the embedded store holds at most ${most} items.`,
    );
  }
  const mb = (bytes: number): number => Math.ceil(bytes / 2 ** 20);
  const needed = memoryFor({ rows, dimensions });
  if (needed <= maxBytes) return;
  const message = `Searching ${rows} items of ${dimensions} dimensions takes ${mb(needed)} MB of memory; stores.embedded.maxMemoryMb allows ${mb(maxBytes)}.`;
  throw new ClipgraphError(code, message);
}
