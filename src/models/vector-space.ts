import type { Model } from './model.js';

/** Where a vector lies: only vectors of one space can be compared, or kept together. */
export interface VectorSpace {
  /** The model's: over everything that changes its numbers. */
  readonly checksum: string;
  /** The model's, with the precision of the runtime that did the work where that is not exact: `fp32`, `fp32+tf32`. */
  readonly dtype: string;
  readonly dimensions: number;
}

/**
 * The space of the vectors that a model has on a runtime.
 *
 * @param precision of the runtime, where it is not exact
 * @throws MODEL_UNAVAILABLE when the model's files cannot be read
 */
export async function spaceOf(model: Model, precision?: string): Promise<VectorSpace> {
  const { dtype, dimensions } = model.manifest;
  return {
    checksum: await model.checksum(),
    dtype: precision === undefined ? dtype : `${dtype}+${precision}`,
    dimensions,
  };
}

/** What differs between two spaces, a sentence's part each: `checksum 1b2c… and 9f3e…`; none for one space. */
export function differencesOf(a: VectorSpace, b: VectorSpace): string[] {
  const fields = ['checksum', 'dtype', 'dimensions'] as const;
  return fields
    .filter((field) => a[field] !== b[field])
    .map((field) => `${field} ${a[field]} and ${b[field]}`);
}
