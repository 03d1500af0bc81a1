// Cosines of many float32 vectors with many, in AssemblyScript: compiled to WebAssembly SIMD by `npm run kernel`.
// src/core/similarity/matrix-kernel.ts lays out the memory and says how exact they are.

/** Bytes of a vector whose products are added up in float32, before float64 takes the sum: 64 numbers. */
const BLOCK: usize = 256;

@inline function product(sum: v128, a: v128, b: v128): v128 {
  return f32x4.add(sum, f32x4.mul(a, b));
}

/** Adds the four parts of a block's sum to a total of two parts in float64. */
@inline function flush(total: usize, sum: v128): void {
  const low = f64x2.promote_low_f32x4(sum);
  const high = f64x2.promote_low_f32x4(i8x16.shuffle(sum, sum, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
  v128.store(total, f64x2.add(v128.load(total), f64x2.add(low, high)));
}

@inline function whole(total: usize): f64 {
  return load<f64>(total) + load<f64>(total, 8);
}

/**
 * Lays vectors side by side: 4 numbers of the first, 4 of the second …, then the next 4 of each, for every `unit` vectors.
 *
 * @param source float32 vectors, one after the other
 * @param count a multiple of `unit`
 * @param bytes of a vector, a multiple of 16
 */
export function pack(source: usize, count: u32, bytes: usize, unit: u32, target: usize): void {
  for (let first: u32 = 0; first < count; first += unit) {
    for (let at: usize = 0; at < bytes; at += 16) {
      for (let i: u32 = 0; i < unit; i++, target += 16) {
        v128.store(target, v128.load(source + <usize>(first + i) * bytes + at));
      }
    }
  }
}

/**
 * @param rows packed by fours
 * @param rowCount a multiple of 4
 * @param columns packed by twos
 * @param columnCount a multiple of 2
 * @param bytes of a vector, a multiple of 32
 * @param rowNorms float64 [rowCount]
 * @param columnNorms float64 [columnCount]
 * @param totals 128 bytes to work in
 * @param out float64 [rowCount][columnCount]: the products divided by both norms, in [-1, 1]
 */
export function cosines(
  rows: usize, rowCount: u32, columns: usize, columnCount: u32, bytes: usize,
  rowNorms: usize, columnNorms: usize, totals: usize, out: usize,
): void {
  const zero = f64x2.splat(0);
  for (let r: u32 = 0; r < rowCount; r += 4) {
    for (let c: u32 = 0; c < columnCount; c += 2) {
      let p = rows + <usize>r * bytes, q = columns + <usize>c * bytes;
      for (let t: usize = 0; t < 128; t += 16) v128.store(totals + t, zero);
      for (let from: usize = 0; from < bytes; from += BLOCK) {
        let a0 = f32x4.splat(0), a1 = a0, b0 = a0, b1 = a0, c0 = a0, c1 = a0, d0 = a0, d1 = a0;
        let v: v128, x: v128, y: v128;
        for (const end = p + (min(bytes - from, BLOCK) << 2); p < end; p += 128, q += 64) {
          x = v128.load(q);
          y = v128.load(q, 16);
          v = v128.load(p);
          a0 = product(a0, v, x);
          a1 = product(a1, v, y);
          v = v128.load(p, 16);
          b0 = product(b0, v, x);
          b1 = product(b1, v, y);
          v = v128.load(p, 32);
          c0 = product(c0, v, x);
          c1 = product(c1, v, y);
          v = v128.load(p, 48);
          d0 = product(d0, v, x);
          d1 = product(d1, v, y);
          x = v128.load(q, 32);
          y = v128.load(q, 48);
          v = v128.load(p, 64);
          a0 = product(a0, v, x);
          a1 = product(a1, v, y);
          v = v128.load(p, 80);
          b0 = product(b0, v, x);
          b1 = product(b1, v, y);
          v = v128.load(p, 96);
          c0 = product(c0, v, x);
          c1 = product(c1, v, y);
          v = v128.load(p, 112);
          d0 = product(d0, v, x);
          d1 = product(d1, v, y);
        }
        flush(totals, a0);
        flush(totals + 16, a1);
        flush(totals + 32, b0);
        flush(totals + 48, b1);
        flush(totals + 64, c0);
        flush(totals + 80, c1);
        flush(totals + 96, d0);
        flush(totals + 112, d1);
      }
      const line = <usize>columnCount << 3;
      let cell = out + <usize>r * line + (<usize>c << 3);
      const norms = v128.load(columnNorms + (<usize>c << 3));
      for (let t: usize = 0; t < 128; t += 32, cell += line) {
        const norm = f64x2.splat(load<f64>(rowNorms + (<usize>r << 3) + (t >> 2)));
        const sums = f64x2.replace_lane(f64x2.splat(whole(totals + t)), 1, whole(totals + t + 16));
        const value = f64x2.div(sums, f64x2.mul(norm, norms));
        v128.store(cell, f64x2.min(f64x2.splat(1), f64x2.max(f64x2.splat(-1), value)));
      }
    }
  }
}
