import { hash as digest } from 'node:crypto';

/** SHA-256, in hex, over the JSON of what determines a result: equal where, and only where, the numbers must be equal. */
export function hash(parts: readonly unknown[]): string {
  return digest('sha256', JSON.stringify(parts), 'hex');
}
