import { ClipgraphError } from '../../../errors/index.js';
import { PAGE_BYTES } from '../../web-assembly.js';

/** Beyond this the sums of a query's and a row's codes would leave 32 bits for lack of precision in the query. */
const MAX_DIMENSIONS = 8192;
/** A WebAssembly memory's addresses have 32 bits; the kernel never needs the one after the last. */
const MAX_BYTES = 2 ** 32 - PAGE_BYTES;
/** AssemblyScript keeps its constants below. */
const FREE_FROM = 4096;

/**
 * The meaning of packed rows: scale and residual norm in float32, 8 bytes unused, codes of 8 bits, little-endian. Rows that were
 * packed under another number mean something else.
 */
export const PACKED_FORMAT = 1;
/** Bytes of a record before its codes: scale and residual norm in float32, 8 bytes unused. */
export const HEADER_BYTES = 16;
/** Codes are read this many at a time. */
const CODES_AT_A_TIME = 32;
/** Float32 rows are quantised strip by strip. */
const STRIP_BYTES = 2 ** 18;
/** Queries that the kernel takes in one pass. */
export const QUERIES_AT_A_TIME = 4;
/** A scan looks at so many rows and bytes at most, some milliseconds' work at the most. */
const SLICE_ROWS = 2 ** 16;
const SLICE_BYTES = 4 * 2 ** 20;
/** For a limit above this the kernel keeps no bounds of its own: what is rescored meanwhile says what may be left out. */
export const MAX_LOWEST = 4096;
/** Candidates of a query between two looks of the host's. */
export const MAX_CANDIDATES = 8192;
export const CANDIDATE_BYTES = 16;
/** Where in a query's state the kernel keeps what, in bytes: five float64 and what the mean adds, then uint32. */
export const STATE = {
  step: 0,
  spread: 8,
  slack: 16,
  floor: 24,
  ceiling: 32,
  offset: 40,
  lowest: 48,
  kept: 52,
  limit: 56,
  candidates: 60,
  found: 64,
  bytes: 72,
} as const;

/** Where everything is in a kernel's memory, in bytes. */
export interface Layout {
  /** A record's codes: the dimensions, padded with zeros. */
  readonly codes: number;
  /** A record: one row's share. */
  readonly stride: number;
  /** A multiple of 32. */
  readonly sliceRows: number;
  readonly stripRows: number;
  readonly stripAt: number;
  /** One record. */
  readonly spareAt: number;
  /** float32: what is taken from every row. */
  readonly meanAt: number;
  readonly queriesAt: number;
  readonly statesAt: number;
  readonly maskAt: number;
  readonly lowestAt: number;
  readonly candidatesAt: number;
  readonly recordsAt: number;
}

/** @throws BAD_USER_INPUT for dimensions that are not from 1 to 8,192 */
export function layoutFor(dimensions: number): Layout {
  if (!Number.isInteger(dimensions) || dimensions < 1 || dimensions > MAX_DIMENSIONS) {
    const message = `Expected an integer from 1 to ${MAX_DIMENSIONS} for the dimensions but received ${dimensions}.`;
    throw new ClipgraphError('BAD_USER_INPUT', message);
  }
  const codes = Math.ceil(dimensions / CODES_AT_A_TIME) * CODES_AT_A_TIME;
  const stride = HEADER_BYTES + codes;
  const stripRows = Math.max(1, Math.floor(STRIP_BYTES / (codes * 4)));
  let end = FREE_FROM;
  const take = (bytes: number): number => {
    const address = end;
    end = Math.ceil((end + bytes) / 64) * 64;
    return address;
  };
  return {
    codes,
    stride,
    sliceRows: Math.min(SLICE_ROWS, Math.ceil(SLICE_BYTES / stride / 32) * 32),
    stripRows,
    stripAt: take(stripRows * codes * 4),
    spareAt: take(stride),
    meanAt: take(codes * 4),
    queriesAt: take(QUERIES_AT_A_TIME * codes * 2),
    statesAt: take(QUERIES_AT_A_TIME * STATE.bytes),
    maskAt: take(SLICE_ROWS / 8),
    lowestAt: take(QUERIES_AT_A_TIME * MAX_LOWEST * 8),
    candidatesAt: take(QUERIES_AT_A_TIME * MAX_CANDIDATES * CANDIDATE_BYTES),
    recordsAt: take(0),
  };
}

/**
 * The memory that an index of so many rows takes: about 1 MB, and for each row its dimensions (rounded up to a multiple
 * of 32) and 16 bytes.
 *
 * @throws BAD_USER_INPUT for dimensions that are not from 1 to 8,192
 */
export function indexBytes(rows: number, dimensions: number): number {
  const { recordsAt, stride } = layoutFor(dimensions);
  return Math.ceil((recordsAt + rows * stride) / PAGE_BYTES) * PAGE_BYTES;
}

/**
 * The rows that one index holds at most: its memory ends at 4 GiB. For more, use several.
 *
 * @throws BAD_USER_INPUT for dimensions that are not from 1 to 8,192
 */
export function maxIndexRows(dimensions: number): number {
  const { recordsAt, stride } = layoutFor(dimensions);
  return Math.floor((MAX_BYTES - recordsAt) / stride);
}
