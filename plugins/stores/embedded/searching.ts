import { searchRows, type RowSet } from 'clipgraph/core';
import { compareBytes, type Filter, type SearchAnswer, type SearchRequest } from 'clipgraph/store';
import { beginReading, type Database } from './database.js';
import type { FileState } from './format.js';
import { itemAt } from './items.js';
import { KeepPacked } from './keep-packed.js';
import { LoadedVectors } from './loaded-vectors.js';
import { LoadedMetadata } from './loaded-metadata.js';
import { checkMemory, memoryFor } from './memory.js';
import type { OpenFiles } from './open-files.js';
import { readState } from './state.js';
import { inTurns, type Steps } from './steps.js';

/** A thread's own memory is bounded, however much the machine has. */
const MOST_METADATA_BYTES = 512 * 2 ** 20;

/** One collection in memory. Who searches it waits for who searches it now: the memory is of one moment. */
interface Loaded {
  vectors: LoadedVectors | undefined;
  metadata: LoadedMetadata;
  /** What is read into the memory is for the next one, too: it goes on when who asked for it has left. */
  isLoading: boolean;
  turn: Promise<unknown>;
}

function* loading<Result>(loaded: Loaded, steps: Steps<Result>): Steps<Result> {
  loaded.isLoading = true;
  try {
    return yield* steps;
  } finally {
    loaded.isLoading = false;
  }
}

/** Collections that are searched, as many as the memory holds; the one that was not searched the longest goes first. */
export class Searching {
  readonly #loaded = new Map<string, Loaded>();
  readonly #keeping: KeepPacked;

  constructor(
    private readonly files: OpenFiles,
    private readonly maxBytes: number,
  ) {
    this.#keeping = new KeepPacked(files);
  }

  /** What the values that filters look at may take. */
  get #metadataBytes(): number {
    return Math.min(MOST_METADATA_BYTES, this.maxBytes);
  }

  #noMetadata(): LoadedMetadata {
    return new LoadedMetadata(this.#metadataBytes);
  }

  /** Bytes of all packed vectors. */
  get bytes(): number {
    return [...this.#loaded.values()].reduce((sum, { vectors }) => sum + (vectors?.index.bytes ?? 0), 0);
  }

  search(
    key: string,
    queries: Float32Array,
    request: Omit<SearchRequest, 'signal'>,
    signal: AbortSignal,
  ): Promise<SearchAnswer[]> {
    return this.#inTurn(key, signal, (loaded, database, state) =>
      this.#search(loaded, database, state, queries, request),
    );
  }

  count(key: string, filter: Filter, signal: AbortSignal): Promise<number> {
    return this.#inTurn(key, signal, (loaded, database, state) =>
      this.#count(loaded, database, state, filter),
    );
  }

  *#count(loaded: Loaded, database: Database, state: FileState, filter: Filter): Steps<number> {
    return (yield* this.#select(loaded, database, state, filter)).size;
  }

  /** The rows that a filter means; other collections' values go where all together take too much. */
  *#select(loaded: Loaded, database: Database, state: FileState, filter: Filter): Steps<RowSet> {
    const selected = yield* loading(loaded, loaded.metadata.select(database, state, filter));
    let bytes = 0;
    for (const { metadata } of this.#loaded.values()) bytes += metadata.bytes;
    for (const other of this.#loaded.values()) {
      if (bytes <= this.#metadataBytes) break;
      if (other === loaded) continue;
      bytes -= other.metadata.bytes;
      other.metadata = this.#noMetadata();
    }
    return selected;
  }

  *#search(
    loaded: Loaded,
    database: Database,
    state: FileState,
    queries: Float32Array,
    { limit, filter, minCosine, after }: Omit<SearchRequest, 'signal'>,
  ): Steps<SearchAnswer[]> {
    this.#makeRoom(loaded, state);
    loaded.vectors ??= new LoadedVectors(state);
    const { vectors } = loaded;
    yield* loading(loaded, vectors.refresh(database, state));
    const allowed = filter && (yield* this.#select(loaded, database, state, filter));
    const ids = new Map<number, string>();
    const idOf = (row: number): string => {
      const known = ids.get(row);
      if (known !== undefined) return known;
      const { id } = itemAt(database, row);
      ids.set(row, id);
      return id;
    };
    const { dimensions } = state;
    const each = Array.from({ length: Math.ceil(queries.length / dimensions) }, (_, i) =>
      queries.subarray(i * dimensions, (i + 1) * dimensions),
    );
    const found = yield* searchRows(vectors.index, each, vectors.reader(database, state), {
      limit,
      minCosine,
      allowed,
      compare: (a, b) => compareBytes(idOf(a), idOf(b)),
      after: after && { cosine: after.cosine, includes: (row) => compareBytes(idOf(row), after.id) > 0 },
    });
    return found.map(({ hits, searched }) => ({
      hits: hits.map(({ row, cosine }) => ({ id: idOf(row), cosine })),
      isExact: true,
      isComplete: true,
      searched,
    }));
  }

  /** Memory is counted before it is taken. */
  #makeRoom(loaded: Loaded, state: FileState): void {
    checkMemory(state, this.maxBytes, 'STORE_UNAVAILABLE');
    const more = memoryFor(state) - (loaded.vectors?.index.bytes ?? 0);
    for (const [key, other] of this.#loaded) {
      if (more <= 0 || this.bytes + more <= this.maxBytes) return;
      if (other === loaded) continue;
      // Its turns stay: who searches it now has what it began with, and its connection alone.
      this.#keeping.drop(key);
      other.vectors = undefined;
      other.metadata = this.#noMetadata();
    }
  }

  async #inTurn<Result>(
    key: string,
    signal: AbortSignal,
    work: (loaded: Loaded, database: Database, state: FileState) => Steps<Result>,
  ): Promise<Result> {
    const loaded = this.#loaded.get(key) ?? {
      vectors: undefined,
      metadata: this.#noMetadata(),
      isLoading: false,
      turn: Promise.resolve(),
    };
    this.#loaded.delete(key);
    this.#loaded.set(key, loaded);
    const before = loaded.turn;
    const run = before.then(() => this.#run(key, loaded, signal, work));
    loaded.turn = run.catch(() => undefined);
    return run;
  }

  async #run<Result>(
    key: string,
    loaded: Loaded,
    signal: AbortSignal,
    work: (loaded: Loaded, database: Database, state: FileState) => Steps<Result>,
  ): Promise<Result> {
    signal.throwIfAborted();
    try {
      const database = this.files.take(key);
      const state = beginReading(database, () => readState(database));
      try {
        return await inTurns(work(loaded, database, state), signal, () => !loaded.isLoading);
      } finally {
        database.exec('commit');
        if (loaded.vectors?.seq === state.seq) {
          this.#keeping.consider(key, loaded.vectors, state.blockRows);
        }
      }
    } catch (error) {
      throw signal.aborted ? error : this.files.explain(key, error);
    }
  }

  release(key: string): void {
    this.#keeping.drop(key);
    this.#loaded.delete(key);
    this.files.release(key);
  }

  close(): void {
    this.#keeping.close();
    this.#loaded.clear();
    this.files.close();
  }
}
