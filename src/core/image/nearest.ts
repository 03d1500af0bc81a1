/** A float64 has this many bits after its first one. */
const MANTISSA_BITS = 52;

/** The power of two above `value`: sums below it are rounded to the same unit as `value` is. */
function nextPower(value: number): number {
  // log2 is rounded: the comparison decides.
  const power = 2 ** Math.floor(Math.log2(value));
  if (power > value) return power;
  return power * 2 > value ? power * 2 : power * 4;
}

/**
 * `start` with `step` added to it `times` times, each sum rounded to float64, without going through all of them: between
 * two powers of two every addition moves the sum by the same amount.
 *
 * @param start, step above zero
 * @param times from 0, below 2^52
 */
export function addRepeatedly(start: number, step: number, times: number): number {
  let sum = start;
  for (let left = times; left > 0;) {
    const next = sum + step;
    const afterNext = next + step;
    const moved = next - sum;
    const bound = nextPower(sum);
    // Where a step falls halfway between two floats, only every second one is taken: the first move may differ.
    if (left < 3 || afterNext >= bound || afterNext - next !== moved) {
      sum = next;
      left--;
      continue;
    }
    const jumps = Math.min(left, Math.floor((bound - sum) / moved) - 1, 2 ** MANTISSA_BITS);
    sum += jumps * moved;
    left -= jumps;
  }
  return sum;
}

/**
 * For each output `[from, from + size)` of an axis the input that is nearest. The position is accumulated from the first
 * output on, as Pillow does, with its rounding.
 *
 * Source: Pillow src/libImaging/Geometry.c, `ImagingScaleAffine`.
 */
export function nearestInputs(inputSize: number, outputSize: number, from: number, size: number): Int32Array {
  const step = inputSize / outputSize;
  const inputs = new Int32Array(size);
  let position = addRepeatedly(step * 0.5, step, from);
  for (let output = 0; output < size; output++, position += step) {
    inputs[output] = Math.min(Math.trunc(position), inputSize - 1);
  }
  return inputs;
}
