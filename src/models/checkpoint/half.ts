/** A number in IEEE 754 half precision: a sign, 5 bits of exponent, 10 of fraction. */
export function halfToNumber(bits: number): number {
  const sign = bits >> 15 === 0 ? 1 : -1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/**
 * The bits of the nearest numbers in half precision; of two that are as near, the even one. What is too large becomes
 * infinite.
 */
export function toHalves(values: Float32Array): Uint16Array {
  const all = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < halves.length; i++) {
    const sign = (all[i] >>> 16) & 0x8000;
    const bits = all[i] & 0x7fffffff;
    if (bits >= 0x47800000) {
      halves[i] = sign | (bits > 0x7f800000 ? 0x7e00 : 0x7c00); // NaN, or beyond 65,536.
    } else if (bits >= 0x38800000) {
      // The exponent's bias goes from 127 to 15; 13 bits of the fraction are rounded away.
      halves[i] = sign | ((bits - 0x38000000 + 0xfff + ((bits >>> 13) & 1)) >>> 13);
    } else {
      // Below 2^-14: in steps of 2^-24.
      halves[i] = sign | roundToEven(Math.abs(values[i]) * 2 ** 24);
    }
  }
  return halves;
}

function roundToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return floor + (rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? 1 : 0);
}
