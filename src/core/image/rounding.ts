/** `a * b / 255`, rounded, for 8-bit values. Source: Pillow src/libImaging/ImagingUtils.h, `MULDIV255`. */
export function multiplyDivide255(a: number, b: number): number {
  const product = a * b + 128;
  return ((product >> 8) + product) >> 8;
}

/** Python's `round`: halves go to the even neighbour. */
export function roundHalfToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}
