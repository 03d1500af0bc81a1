import path from 'node:path';
import { memoryBytes } from '../../config/limits.js';
import { ClipgraphError } from '../../errors/index.js';
import { Remote } from '../../isolation/remote.js';
import type { Filter, Row } from '../../stores/index.js';
import { turnOf, type RequestScope } from '../options.js';
import { Slots } from '../slots.js';
import type { OpenCollection } from './open-collection.js';

/** Vectors that two threads share: float32 `[count, dimensions]`, one after the other. */
export interface Vectors {
  readonly buffer: SharedArrayBuffer;
  readonly count: number;
  readonly dimensions: number;
}

/** Rows that are nearly alike, by their places. */
export interface GroupFound {
  readonly first: number;
  /** Best first. */
  readonly others: readonly { readonly row: number; readonly cosine: number }[];
}

export interface ClustersFound {
  readonly centres: readonly Float32Array[];
  readonly assignments: Uint32Array;
  readonly cosines: Float64Array;
}

/** The vectors of the items that are meant, in the order of their ids. */
export interface Gathered {
  readonly ids: readonly string[];
  readonly vectors: Vectors;
}

const WORKER = path.join(__dirname, `grouping-worker${path.extname(__filename)}`);
/** Of the memory there is, what the vectors of one grouping may take; packed, they take a quarter more. */
const SHARE_OF_MEMORY = 1 / 3;
/** Groupings take turns, whoever asks: each has all its vectors in memory. */
const turns = new Slots(2);

/** Which items are compared. */
interface Meant {
  readonly filter: Filter | undefined;
  /** Of those that the filter means, if that is not all: what no filter says. */
  readonly isMeant?: ((row: Row) => boolean) | undefined;
  /** Whether their number is held to `limits.maxScanItems`. */
  readonly isLimited: boolean;
}

/** @throws QUERY_TOO_COMPLEX for more items than `limits.maxScanItems` where they are held to it, or than there is memory for */
export async function gather(
  { spec, stored, embedder }: OpenCollection,
  { filter, isMeant, isLimited }: Meant,
  signal: AbortSignal,
): Promise<Gathered> {
  const { dimensions } = spec.space;
  const { maxScanItems } = embedder.limits;
  const count = await stored.count(filter);
  if (isLimited && count > maxScanItems) {
    const message = `This query goes through ${maxScanItems} items at most (limits.maxScanItems); the collection ${spec.name} has ${count} of them. Use the subscription of the same name with Stream, or clipgraph duplicates; or give a filter.`;
    throw new ClipgraphError('QUERY_TOO_COMPLEX', message);
  }
  const bytes = count * dimensions * 4;
  const most = memoryBytes() * SHARE_OF_MEMORY;
  if (bytes > most) {
    const message = `The vectors of ${count} items take ${bytes} bytes; ${Math.floor(most)} may be used on this machine. Give a filter.`;
    throw new ClipgraphError('QUERY_TOO_COMPLEX', message);
  }
  const buffer = new SharedArrayBuffer(bytes);
  const all = new Float32Array(buffer);
  const ids: string[] = [];
  // What was added since they were counted is left out.
  for await (const row of stored.scan({ filter, limit: count, signal })) {
    if (isMeant?.(row) === false) continue;
    all.set(row.vector, ids.length * dimensions);
    ids.push(row.id);
  }
  return { ids, vectors: { buffer, count: ids.length, dimensions } };
}

/** A thread of its own while `use` runs; an abort ends it at once. */
async function* inThread<Value>(
  { closing }: OpenCollection,
  signal: AbortSignal,
  use: (worker: Remote) => AsyncGenerator<Value, undefined>,
): AsyncGenerator<Value, undefined> {
  const worker = new Remote({ title: 'comparing thread', entry: WORKER, isolation: 'thread' });
  const end = (): void => {
    worker.kill();
  };
  for (const each of [signal, closing]) each.addEventListener('abort', end, { once: true });
  try {
    signal.throwIfAborted();
    yield* use(worker);
    return undefined;
  } catch (error) {
    signal.throwIfAborted(); // The thread was lost because nobody waits for it any more.
    closing.throwIfAborted();
    throw error;
  } finally {
    for (const each of [signal, closing]) each.removeEventListener('abort', end);
    await worker.close(0);
  }
}

/** Its turn comes first, then the vectors are read: those who wait hold nothing. */
async function* inTurn<Value>(
  scope: RequestScope,
  run: () => AsyncGenerator<Value, undefined>,
): AsyncGenerator<Value, undefined> {
  const giveBack = await turns.take(turnOf(scope));
  try {
    yield* run();
    return undefined;
  } finally {
    giveBack();
  }
}

/** Groups of near-duplicates, each as it is found, greedily in the order of ids. */
export function groupsIn(
  open: OpenCollection,
  { threshold, ...meant }: Meant & { readonly threshold: number },
  scope: RequestScope,
): AsyncGenerator<{ readonly group: GroupFound; readonly ids: readonly string[] }, undefined> {
  const { signal } = scope;
  return inTurn(scope, async function* () {
    const { ids, vectors } = await gather(open, meant, signal);
    if (ids.length === 0) return undefined;
    return yield* inThread(open, signal, async function* (worker) {
      await worker.call('findGroups', { vectors, threshold }, { signal });
      for (;;) {
        const step = (await worker.call('nextGroups', {}, { signal })) as {
          readonly found: readonly GroupFound[];
          readonly isDone: boolean;
        };
        for (const group of step.found) yield { group, ids };
        if (step.isDone) return undefined;
      }
    });
  });
}

/** The clusters of the items that are meant. */
export async function clustersIn(
  open: OpenCollection,
  { count, ...meant }: Meant & { readonly count: number },
  scope: RequestScope,
): Promise<{ readonly found: ClustersFound; readonly ids: readonly string[] }> {
  const { signal } = scope;
  const made = inTurn(scope, async function* () {
    const { ids, vectors } = await gather(open, meant, signal);
    return yield* inThread(open, signal, async function* (worker) {
      const found = (await worker.call('cluster', { vectors, count }, { signal })) as ClustersFound;
      yield { found, ids };
      return undefined;
    });
  });
  for await (const each of made) return each;
  throw new Error('The comparing thread gave no clusters.');
}
