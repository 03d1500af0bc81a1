import { closest, distance } from 'fastest-levenshtein';

/** What is longer is no name that was mistyped, and would take time to compare. */
const LONGEST_NAME = 100;

const lettersOf = (name: string): string => Array.from(name.toLowerCase()).sort().join('');

/**
 * The known name that was probably meant: one letter in three may be wrong, or the letters be in another order. Undefined
 * where none is that near.
 */
export function nearest(name: string, known: readonly string[]): string | undefined {
  if (known.length === 0 || name.length > LONGEST_NAME) return undefined;
  const candidate = closest(name, [...known]);
  const isNear = distance(name, candidate) <= Math.max(1, name.length / 3);
  return isNear || lettersOf(name) === lettersOf(candidate) ? candidate : undefined;
}

/** ` Did you mean …?`, to be put behind a sentence; empty where no known name is near. */
export function suggestion(name: string, known: readonly string[]): string {
  const candidate = nearest(name, known);
  return candidate === undefined ? '' : ` Did you mean ${candidate}?`;
}
