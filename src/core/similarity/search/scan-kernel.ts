import type { KernelMemory } from '../../web-assembly.js';

type Address = number;

/**
 * @param records the address of row 0
 * @param codes bytes of a record's codes
 * @param mask a bit for each row, beginning with row `32 · firstWord`: which are looked at
 * @param queries int16 codes, one query after the other
 * @param states of the queries, as `STATE` says
 * @param capacity candidates of a query that there is room for
 * @returns how many words of the mask were done
 */
type Scan = (
  records: Address,
  codes: number,
  mask: Address,
  firstWord: number,
  words: number,
  queries: Address,
  states: Address,
  capacity: number,
) => number;

/** The functions of kernel/scan.ts, and a memory that is theirs alone. */
export interface ScanKernel {
  readonly memory: KernelMemory;
  /** For one query. */
  readonly scan1: Scan;
  /** For four at a time. */
  readonly scan4: Scan;
  /**
   * Makes records of float32 rows.
   *
   * @param source overwritten
   * @param mean float32: taken from every row at unit length
   * @returns the first row that has no direction, being zero or not finite; or `rows`
   */
  readonly quantise: (
    source: Address,
    rows: number,
    codes: number,
    records: Address,
    mean: Address,
  ) => number;
}
