import { ClipgraphError, type ErrorCode } from '../errors/index.js';

/** So many failures in a row, and no run in between that succeeded, are the runtime's own. */
const FAILING = 2;

const OF_THE_RUNTIME: ReadonlySet<ErrorCode> = new Set(['RUNTIME_UNAVAILABLE', 'OUT_OF_MEMORY']);

/** What happened last when a runtime ran. */
export class RunRecord {
  #failuresInARow = 0;
  #lastGoodRunAt: number | undefined;

  get failuresInARow(): number {
    return this.#failuresInARow;
  }

  /** Milliseconds since 1970; undefined when none has succeeded yet. */
  get lastGoodRunAt(): number | undefined {
    return this.#lastGoodRunAt;
  }

  get isFailing(): boolean {
    return this.#failuresInARow >= FAILING;
  }

  succeeded(): void {
    this.#failuresInARow = 0;
    this.#lastGoodRunAt = Date.now();
  }

  /** A model that is damaged, or a request that was cancelled, says nothing about the runtime. */
  failed(error: unknown): void {
    if (error instanceof ClipgraphError && OF_THE_RUNTIME.has(error.code)) this.#failuresInARow++;
  }

  /** It may try again: one more failure, and it is failing again. */
  forgive(): void {
    this.#failuresInARow = Math.min(this.#failuresInARow, FAILING - 1);
  }
}

/** The same for a worker that died: it died so often in a row. */
export function isDying(deathsInARow: number): boolean {
  return deathsInARow >= FAILING;
}
