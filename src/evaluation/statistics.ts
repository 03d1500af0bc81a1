/** Mean and standard deviation, and how many they are of. */
export interface Spread {
  readonly n: number;
  readonly mean: number;
  readonly deviation: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const mean = sum(values) / values.length;
  const deviation = Math.sqrt(sum(values.map((value) => (value - mean) ** 2)) / values.length);
  return { n: values.length, mean, deviation };
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Pearson's correlation of two series of one length. */
export function pearson(x: readonly number[], y: readonly number[]): number {
  const [mx, my] = [sum(x) / x.length, sum(y) / y.length];
  const covariance = sum(x.map((value, i) => (value - mx) * (y[i] - my)));
  const [vx, vy] = [sum(x.map((value) => (value - mx) ** 2)), sum(y.map((value) => (value - my) ** 2))];
  return covariance / Math.sqrt(vx * vy);
}

/** Spearman's rank correlation: Pearson's of the ranks, where equals share the mean of theirs. */
export function spearman(x: readonly number[], y: readonly number[]): number {
  return pearson(ranks(x), ranks(y));
}

function ranks(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((a, b) => values[a] - values[b]);
  const found = new Array<number>(values.length);
  for (let start = 0; start < order.length;) {
    let end = start + 1;
    while (end < order.length && values[order[end]] === values[order[start]]) end++;
    for (let i = start; i < end; i++) found[order[i]] = (start + end - 1) / 2;
    start = end;
  }
  return found;
}

/**
 * The logit scale under which softmax gives the right ones the most likelihood: the least of a function with one valley,
 * by golden sections of its logarithm.
 *
 * @param rows the cosines of each picture's captions, the right one first
 */
export function fitLogitScale(rows: readonly (readonly number[])[]): number {
  const loss = (scale: number) =>
    sum(
      rows.map((row) => {
        const highest = Math.max(...row);
        return (
          Math.log(sum(row.map((value) => Math.exp(scale * (value - highest))))) - scale * (row[0] - highest)
        );
      }),
    );
  const golden = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [Math.log(1), Math.log(1000)];
  while (high - low > 1e-4) {
    const [a, b] = [high - golden * (high - low), low + golden * (high - low)];
    if (loss(Math.exp(a)) < loss(Math.exp(b))) high = b;
    else low = a;
  }
  return Math.exp((low + high) / 2);
}
