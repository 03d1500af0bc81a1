// Rows of int8 scanned for what may be among the best, in AssemblyScript: compiled to WebAssembly SIMD by `npm run kernel`.
// src/core/similarity/search/ lays out the memory; bound.ts beside it derives the bounds.
//
// A record of a row: its scale and its residual's norm (f32), 8 bytes unused, then its codes (i8), padded with zeros to a multiple of 32.

const HEADER: usize = 16;

// A query's state, offsets in bytes. Candidates are pairs of an upper bound (f64) and a row (u32), 16 bytes each.
const STEP: usize = 0; // f64: what 1 of the query's codes stands for
const SPREAD: usize = 8; // f64: what a residual counts for
const SLACK: usize = 16; // f64: what every bound is widened by
const FLOOR: usize = 24; // f64: a row whose upper bound is below cannot be among the best
const CEILING: usize = 32; // f64: a row whose lower bound is above is not asked for
const OFFSET: usize = 40; // f64: the cosine with the mean that was taken from every row
const LOWEST: usize = 48; // u32: where the best lower bounds are (f64), a heap with the least of them first
const KEPT: usize = 52; // u32: how many there are
const LIMIT: usize = 56; // u32: how many there may be; 0: none are kept
const CANDIDATES: usize = 60; // u32: where they are
const FOUND: usize = 64; // u32: how many there are
const STATE: usize = 72;

@inline function sum(v: v128): i32 {
  v = i32x4.add(v, i8x16.shuffle(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
  return i32x4.extract_lane(v, 0) + i32x4.extract_lane(v, 1);
}

@inline function add(total: v128, codes: v128, query: usize): v128 {
  return i32x4.add(total, i32x4.dot_i16x8_s(codes, v128.load(query)));
}

function rise(heap: usize, kept: usize, bound: f64): void {
  let at = kept;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const other = load<f64>(heap + (parent << 3));
    if (other <= bound) break;
    store<f64>(heap + (at << 3), other);
    at = parent;
  }
  store<f64>(heap + (at << 3), bound);
}

function sink(heap: usize, kept: usize, bound: f64): void {
  let at: usize = 0;
  for (;;) {
    let child = (at << 1) + 1;
    if (child >= kept) break;
    if (child + 1 < kept && load<f64>(heap + ((child + 1) << 3)) < load<f64>(heap + (child << 3))) child++;
    const other = load<f64>(heap + (child << 3));
    if (other >= bound) break;
    store<f64>(heap + (at << 3), other);
    at = child;
  }
  store<f64>(heap + (at << 3), bound);
}

/** Takes a row among the candidates, and raises the floor if that can be. */
function keep(state: usize, row: u32, upper: f64, lower: f64): void {
  const ceiling = load<f64>(state, CEILING);
  if (lower > ceiling) return;
  const found = <usize>load<u32>(state, FOUND);
  const candidate = <usize>load<u32>(state, CANDIDATES) + (found << 4);
  store<f64>(candidate, upper);
  store<u32>(candidate, row, 8);
  store<u32>(state, <u32>(found + 1), FOUND);
  const limit = load<u32>(state, LIMIT);
  if (limit == 0 || upper >= ceiling) return;
  const heap = <usize>load<u32>(state, LOWEST);
  let kept = load<u32>(state, KEPT);
  if (kept < limit) {
    rise(heap, <usize>kept, lower);
    store<u32>(state, ++kept, KEPT);
  } else if (lower > load<f64>(heap)) sink(heap, <usize>kept, lower);
  if (kept == limit && load<f64>(heap) > load<f64>(state, FLOOR)) store<f64>(state, load<f64>(heap), FLOOR);
}

@inline function consider(state: usize, row: u32, dot: i32, record: usize): void {
  const middle = <f64>dot * (<f64>load<f32>(record) * load<f64>(state, STEP)) + load<f64>(state, OFFSET);
  const reach = <f64>load<f32>(record, 4) * load<f64>(state, SPREAD) + load<f64>(state, SLACK);
  if (middle + reach >= load<f64>(state, FLOOR)) keep(state, row, middle + reach, middle - reach);
}

/**
 * @param records of row 0
 * @param codes a record's, a multiple of 32
 * @param mask a bit for each row, beginning with row 32 · firstWord: which are looked at
 * @param query its codes (i16)
 * @param capacity candidates that there is room for, at least 32
 * @returns how many words of the mask were done: not all when there was no room for 32 more candidates
 */
export function scan1(
  records: usize, codes: usize, mask: usize, firstWord: u32, words: u32,
  query: usize, state: usize, capacity: u32,
): u32 {
  const stride = HEADER + codes;
  for (let word: u32 = 0; word < words; word++) {
    let bits = load<u32>(mask + ((<usize>word) << 2));
    if (bits == 0) continue;
    if (load<u32>(state, FOUND) + 32 > capacity) return word;
    const first = (firstWord + word) << 5;
    do {
      const row = first + ctz(bits);
      bits &= bits - 1;
      const record = records + <usize>row * stride;
      let p = record + HEADER, q = query;
      let a = i32x4.splat(0), b = a, c = a, e = a;
      for (const end = p + codes; p != end; p += 32, q += 64) {
        a = add(a, v128.load8x8_s(p), q);
        b = add(b, v128.load8x8_s(p, 8), q + 16);
        c = add(c, v128.load8x8_s(p, 16), q + 32);
        e = add(e, v128.load8x8_s(p, 24), q + 48);
      }
      consider(state, row, sum(i32x4.add(i32x4.add(a, b), i32x4.add(c, e))), record);
    } while (bits);
  }
  return words;
}

/** The same for four queries, whose codes and states follow each other. */
export function scan4(
  records: usize, codes: usize, mask: usize, firstWord: u32, words: u32,
  queries: usize, states: usize, capacity: u32,
): u32 {
  const stride = HEADER + codes;
  const query1 = codes << 1, query2 = query1 << 1, query3 = query1 + query2;
  const state1 = states + STATE, state2 = state1 + STATE, state3 = state2 + STATE;
  for (let word: u32 = 0; word < words; word++) {
    let bits = load<u32>(mask + ((<usize>word) << 2));
    if (bits == 0) continue;
    if (
      max(
        max(load<u32>(states, FOUND), load<u32>(state1, FOUND)),
        max(load<u32>(state2, FOUND), load<u32>(state3, FOUND)),
      ) + 32 > capacity
    ) return word;
    const first = (firstWord + word) << 5;
    do {
      const row = first + ctz(bits);
      bits &= bits - 1;
      const record = records + <usize>row * stride;
      let p = record + HEADER, q = queries;
      let a = i32x4.splat(0), b = a, c = a, e = a;
      for (const end = p + codes; p != end; p += 16, q += 32) {
        const low = v128.load8x8_s(p), high = v128.load8x8_s(p, 8);
        a = add(add(a, low, q), high, q + 16);
        b = add(add(b, low, q + query1), high, q + query1 + 16);
        c = add(add(c, low, q + query2), high, q + query2 + 16);
        e = add(add(e, low, q + query3), high, q + query3 + 16);
      }
      consider(states, row, sum(a), record);
      consider(state1, row, sum(b), record);
      consider(state2, row, sum(c), record);
      consider(state3, row, sum(e), record);
    } while (bits);
  }
  return words;
}

@inline function widened(source: usize, high: bool): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(source + (high ? 8 : 0)));
}

@inline function total(v: v128): f64 {
  return f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1);
}

/** Four codes of four numbers, before they are narrowed. */
@inline function coded(source: usize, factor: v128): v128 {
  return i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v128.load(source), factor)));
}

/** What the mean leaves of two numbers at unit length. */
@inline function centred(source: usize, mean: usize, inverse: v128, high: bool): v128 {
  return f32x4.demote_f64x2_zero(f64x2.sub(f64x2.mul(widened(source, high), inverse), widened(mean, high)));
}

/**
 * Rows of float32 to records.
 *
 * @param source rows of `codes` numbers each, padded with zeros; overwritten with what the mean leaves of them
 * @param mean float32, as many numbers: taken from every row at unit length
 * @returns the first row that has no direction, being zero or not finite; or `rows`
 */
export function quantise(source: usize, rows: u32, codes: usize, records: usize, mean: usize): u32 {
  const bytes = codes << 2;
  for (let row: u32 = 0; row < rows; row++, source += bytes, records += HEADER + codes) {
    let squares = f64x2.splat(0), others = squares;
    for (let at: usize = 0; at < bytes; at += 16) {
      const low = widened(source + at, false), high = widened(source + at, true);
      squares = f64x2.add(squares, f64x2.mul(low, low));
      others = f64x2.add(others, f64x2.mul(high, high));
    }
    const length = sqrt(total(f64x2.add(squares, others)));
    if (!(length > 0 && length < Infinity)) return row;
    const inverse = f64x2.splat(1.0 / length);
    let largest = f32x4.splat(0);
    for (let at: usize = 0; at < bytes; at += 16) {
      const rest = i8x16.shuffle(
        centred(source + at, mean + at, inverse, false), centred(source + at, mean + at, inverse, true),
        0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23,
      );
      v128.store(source + at, rest);
      largest = f32x4.max(largest, f32x4.abs(rest));
    }
    const most = max(
      max(f32x4.extract_lane(largest, 0), f32x4.extract_lane(largest, 1)),
      max(f32x4.extract_lane(largest, 2), f32x4.extract_lane(largest, 3)),
    );
    const scale = most / <f32>127;
    const factor = f32x4.splat(most > 0 ? <f32>127 / most : 0);
    for (let at: usize = 0; at < codes; at += 16) {
      const from = source + (at << 2);
      v128.store(records + HEADER + at, i8x16.narrow_i16x8_s(
        i16x8.narrow_i32x4_s(coded(from, factor), coded(from + 16, factor)),
        i16x8.narrow_i32x4_s(coded(from + 32, factor), coded(from + 48, factor)),
      ));
    }
    // What the codes leave.
    const step = f64x2.splat(<f64>scale);
    squares = f64x2.splat(0);
    others = squares;
    for (let at: usize = 0; at < codes; at += 4) {
      const from = source + (at << 2);
      const quarter = i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(v128.load32_zero(records + HEADER + at)));
      const upper = i8x16.shuffle(quarter, quarter, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15);
      const low = f64x2.sub(widened(from, false), f64x2.mul(f64x2.convert_low_i32x4_s(quarter), step));
      const high = f64x2.sub(widened(from, true), f64x2.mul(f64x2.convert_low_i32x4_s(upper), step));
      squares = f64x2.add(squares, f64x2.mul(low, low));
      others = f64x2.add(others, f64x2.mul(high, high));
    }
    store<f32>(records, scale);
    // Up, never down: what was rounded to float32 before is off by 2^-24 of a length of at most 2, in all 1.2e-7; the
    // residual itself by 2^-24 again, the sums by some 1e-12.
    store<f32>(records, <f32>((sqrt(total(f64x2.add(squares, others))) + 2e-7) * (1.0 + 1.0 / 4194304.0)), 4);
  }
  return rows;
}
