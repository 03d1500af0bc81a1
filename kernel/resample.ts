// The two passes of Pillow's 8-bit resampling, in AssemblyScript: compiled to WebAssembly SIMD by `npm run kernel`.
// src/core/image/resample-fast.ts lays out the memory and packs the weights.
//
// A weight k has 23 bits, a product with a sample 31: too much for a 16-bit multiplication. So k = high · 65536 + low,
// with low signed, and the sum is (Σ high·sample << 16) + Σ low·sample + half: all modulo 2^32, hence exact.

/** Bytes of a record before its groups: the byte or row it begins at, and how many groups it has. */
const HEADER: usize = 16;

@inline function half(): v128 {
  return i32x4.splat(1 << 21); // PRECISION_BITS - 1
}

/** Two neighbouring pixels of 3 (T = u16) or 4 (T = u32) bytes, their channels side by side as 16-bit lanes. */
@inline function firstPair<T>(): v128 {
  return sizeof<T>() == 4
    ? i8x16(0, -1, 4, -1, 1, -1, 5, -1, 2, -1, 6, -1, 3, -1, 7, -1)
    : i8x16(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1);
}

@inline function secondPair<T>(): v128 {
  return sizeof<T>() == 4
    ? i8x16(8, -1, 12, -1, 9, -1, 13, -1, 10, -1, 14, -1, 11, -1, 15, -1)
    : i8x16(6, -1, 9, -1, 7, -1, 10, -1, 8, -1, 11, -1, -1, -1, -1, -1);
}

@inline function add(sum: v128, samples: v128, weights: v128): v128 {
  return i32x4.add(sum, i32x4.dot_i16x8_s(samples, weights));
}

@inline function rounded(low: v128, high: v128): v128 {
  return i32x4.shr_s(i32x4.add(low, i32x4.shl(high, 16)), 22); // PRECISION_BITS
}

/** Four rows at a time share the weights. A group holds four taps: low 0 1, low 2 3, high 0 1, high 2 3. */
@inline function columns<T>(
  source: usize, stride: usize, rows: i32,
  target: usize, targetStride: usize,
  records: usize, recordBytes: usize, outputs: i32,
  pixelBytes: usize,
): void {
  const first = firstPair<T>();
  const second = secondPair<T>();
  for (let output = 0; output < outputs; output++, records += recordBytes, target += pixelBytes) {
    const begin = source + <usize>load<i32>(records);
    const groups = records + HEADER;
    const end = groups + (<usize>load<i32>(records, 4) << 4);
    let row = begin;
    let out = target;
    for (let y = 0; y < rows; y += 4) {
      let p0 = row, p1 = p0 + stride, p2 = p1 + stride, p3 = p2 + stride;
      row = p3 + stride;
      let low0 = half(), low1 = low0, low2 = low0, low3 = low0;
      let high0 = i32x4.splat(0), high1 = high0, high2 = high0, high3 = high0;
      for (let group = groups; group < end; group += 16) {
        let low = v128.load32_splat(group), high = v128.load32_splat(group, 8);
        let samples = i8x16.swizzle(v128.load(p0), first);
        low0 = add(low0, samples, low); high0 = add(high0, samples, high);
        samples = i8x16.swizzle(v128.load(p1), first);
        low1 = add(low1, samples, low); high1 = add(high1, samples, high);
        samples = i8x16.swizzle(v128.load(p2), first);
        low2 = add(low2, samples, low); high2 = add(high2, samples, high);
        samples = i8x16.swizzle(v128.load(p3), first);
        low3 = add(low3, samples, low); high3 = add(high3, samples, high);
        low = v128.load32_splat(group, 4); high = v128.load32_splat(group, 12);
        samples = i8x16.swizzle(v128.load(p0), second);
        low0 = add(low0, samples, low); high0 = add(high0, samples, high);
        samples = i8x16.swizzle(v128.load(p1), second);
        low1 = add(low1, samples, low); high1 = add(high1, samples, high);
        samples = i8x16.swizzle(v128.load(p2), second);
        low2 = add(low2, samples, low); high2 = add(high2, samples, high);
        samples = i8x16.swizzle(v128.load(p3), second);
        low3 = add(low3, samples, low); high3 = add(high3, samples, high);
        const step: usize = 4 * pixelBytes;
        p0 += step; p1 += step; p2 += step; p3 += step;
      }
      const pixels = i8x16.narrow_i16x8_u(
        i16x8.narrow_i32x4_s(rounded(low0, high0), rounded(low1, high1)),
        i16x8.narrow_i32x4_s(rounded(low2, high2), rounded(low3, high3)),
      );
      // Each store writes four bytes: with three to a pixel, the next pixel overwrites the last of them.
      v128.store32_lane(out, pixels, 0); out += targetStride;
      v128.store32_lane(out, pixels, 1); out += targetStride;
      v128.store32_lane(out, pixels, 2); out += targetStride;
      v128.store32_lane(out, pixels, 3); out += targetStride;
    }
  }
}

/** Columns of RGB pixels. `rows` is rounded up to a multiple of 4. */
export function columns3(
  source: usize, stride: usize, rows: i32, target: usize, targetStride: usize,
  records: usize, recordBytes: usize, outputs: i32,
): void {
  columns<u16>(source, stride, rows, target, targetStride, records, recordBytes, outputs, 3);
}

/** Columns of pixels with four channels. */
export function columns4(
  source: usize, stride: usize, rows: i32, target: usize, targetStride: usize,
  records: usize, recordBytes: usize, outputs: i32,
): void {
  columns<u32>(source, stride, rows, target, targetStride, records, recordBytes, outputs, 4);
}

/** Rows, sixteen bytes at a time, whatever they stand for. A group holds two taps: low 0 1, high 0 1. */
export function rows(
  source: usize, stride: usize, firstRow: i32, width: i32, target: usize, targetStride: usize,
  records: usize, recordBytes: usize, outputs: i32,
): void {
  for (let output = 0; output < outputs; output++, records += recordBytes, target += targetStride) {
    const begin = source + <usize>(load<i32>(records) - firstRow) * stride;
    const groups = records + HEADER;
    const end = groups + (<usize>load<i32>(records, 4) << 3);
    for (let x = 0; x < width; x += 16) {
      let upper = begin + <usize>x;
      let low0 = half(), low1 = low0, low2 = low0, low3 = low0;
      let high0 = i32x4.splat(0), high1 = high0, high2 = high0, high3 = high0;
      for (let group = groups; group < end; group += 8) {
        const low = v128.load32_splat(group), high = v128.load32_splat(group, 4), lower = upper + stride;
        let a = v128.load8x8_u(upper), b = v128.load8x8_u(lower);
        let samples = i16x8.shuffle(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
        low0 = add(low0, samples, low); high0 = add(high0, samples, high);
        samples = i16x8.shuffle(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
        low1 = add(low1, samples, low); high1 = add(high1, samples, high);
        a = v128.load8x8_u(upper, 8); b = v128.load8x8_u(lower, 8);
        samples = i16x8.shuffle(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
        low2 = add(low2, samples, low); high2 = add(high2, samples, high);
        samples = i16x8.shuffle(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
        low3 = add(low3, samples, low); high3 = add(high3, samples, high);
        upper = lower + stride;
      }
      v128.store(target + <usize>x, i8x16.narrow_i16x8_u(
        i16x8.narrow_i32x4_s(rounded(low0, high0), rounded(low1, high1)),
        i16x8.narrow_i32x4_s(rounded(low2, high2), rounded(low3, high3)),
      ));
    }
  }
}
