import { norm, withinRange, zeroVector, type Numbers } from '../cosine.js';

/** A 16-bit code's largest. */
const LARGEST_CODE = 32_767;
/** A row's codes are 8-bit. */
const LARGEST_ROW_CODE = 128;
/**
 * What every bound is widened by for the roundings of float64: those of a cosine's sums are below `2 · 8192 · 2^-53 = 2e-12`,
 * those of the bound itself and of the two vectors' scaling to unit length below as much again (Higham 2002, Accuracy and
 * Stability of Numerical Algorithms, 3.1).
 */
const ROUNDING = 1e-11;

/** A query as the kernel takes it. */
export interface QuantisedQuery {
  /** `[padded dimensions]` */
  readonly codes: Int16Array;
  /** What 1 of the codes stands for, at unit length. */
  readonly step: number;
  /** What a row's residual norm counts for. */
  readonly spread: number;
  /** What is left when a row's residual is zero. */
  readonly slack: number;
  /** Its product with the mean. */
  readonly offset: number;
}

/**
 * Quantises a query so that the cosine with any row is known within bounds from integers alone.
 *
 * Let `q` and `x` be query and row at unit length, and `m` the mean that the index takes from every row (embeddings lie
 * around one: less is left to quantise). The row is kept as `x = m + s·c + r`: its scale, its 8-bit codes, and what they
 * leave, of which the norm `ρ ≥ |r|` is kept. The query is `q = t·u + e`, with 16-bit codes and `ε = |e|`. Then
 *
 * ```text
 * q·x = q·m + q·(s·c) + q·r = q·m + s·t·(u·c) + e·(s·c) + q·r
 * |q·r| ≤ |q|·|r| ≤ ρ                                          Cauchy–Schwarz
 * |e·(s·c)| ≤ ε·|x - m - r| ≤ ε·(1 + |m| + ρ)                  and the triangle inequality
 * |q·x - q·m - s·t·(u·c)| ≤ ρ·(1 + ε) + ε·(1 + |m|)
 * ```
 *
 * `u·c` is an integer and exact: `|u|·|c| < 2^31` holds by the choice of `t`, and with it every partial sum, by
 * Cauchy–Schwarz again. So a row whose upper bound is below the k-th best cosine, or below the k-th best of the lower
 * bounds, is not among the best k, nor equal to the k-th.
 *
 * @param padded a multiple of 32, at least the query's length
 * @param mean of the index, `[padded]`
 * @throws ZERO_VECTOR, INVALID_VECTOR
 */
export function quantiseQuery(query: Numbers, padded: number, mean: Float32Array): QuantisedQuery {
  const scaled = withinRange(query);
  const length = norm(scaled);
  if (length === 0) throw zeroVector();
  let largest = 0;
  for (const value of scaled) largest = Math.max(largest, Math.abs(value) / length);
  // |u| ≤ 1/t + √n/2, the latter for the rounding of each code.
  const longest = 2 ** 31 / (LARGEST_ROW_CODE * Math.sqrt(padded)) - Math.sqrt(padded);
  const step = 1 / Math.min(LARGEST_CODE / largest, longest);
  const codes = new Int16Array(padded);
  let [squares, offset, meanSquares] = [0, 0, 0];
  for (let i = 0; i < scaled.length; i++) {
    const value = scaled[i] / length;
    codes[i] = Math.max(-LARGEST_CODE, Math.min(LARGEST_CODE, Math.round(value / step)));
    squares += (value - codes[i] * step) ** 2;
    offset += value * mean[i];
    meanSquares += mean[i] ** 2;
  }
  const left = Math.sqrt(squares);
  const slack = left * (1 + Math.sqrt(meanSquares)) + ROUNDING;
  return { codes, step, spread: 1 + left, slack, offset };
}
