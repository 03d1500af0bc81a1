import type { Pattern } from '../pipeline/spec.js';
import { isWhiteSpace } from '../unicode/characters.js';

/** Where a pattern is found: stretches that follow one another without overlapping. */
export function* occurrences(
  text: string,
  pattern: Pattern,
): Generator<readonly [start: number, end: number], void, undefined> {
  if ('String' in pattern) {
    const { String: wanted } = pattern;
    for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length))
      yield [at, at + wanted.length];
    return;
  }
  const isWanted = pattern.Regex === '\\s+' ? isWhiteSpace : (code: number) => code === 0x20;
  const least = pattern.Regex === '\\s+' ? 1 : 2;
  for (let at = 0; at < text.length;) {
    let end = at;
    while (end < text.length && isWanted(text.charCodeAt(end))) end++;
    if (end - at >= least) yield [at, end];
    at = end + 1;
  }
}
