import type { Steps } from '../../steps.js';
import { mapCharacters } from './characters.js';
import { membership, parseRuns, valueIn } from './runs.js';
import { CASED, CASE_IGNORABLE, LOWER_CASE, LOWER_CASE_SINCE } from './tables.js';

const distances = parseRuns(LOWER_CASE, true);
const isNewer = membership(LOWER_CASE_SINCE);
const isCased = membership(CASED);
const isIgnorable = membership(CASE_IGNORABLE);

/** The one character whose lower case is two. */
const I_WITH_DOT = 0x130;
const CAPITAL_SIGMA = 0x3a3;
const FINAL_SIGMA = '\u03c2';

/** The lower case of one character, whatever stands beside it: Rust's `char::to_lowercase`. */
export function lowerCaseOf(character: string, code: number): string {
  if (code < 0x80) return code >= 0x41 && code <= 0x5a ? String.fromCharCode(code + 32) : character;
  if (code === I_WITH_DOT) return 'i\u0307';
  const distance = valueIn(distances, code);
  if (distance === 0) return character;
  return String.fromCodePoint(distance % 2 === 0 ? code + distance / 2 : code - (distance + 1) / 2);
}

/** Lower case character by character: without the rule of the final sigma. */
export function lowerCase(text: string): Steps<string> {
  return mapCharacters(text, lowerCaseOf);
}

/**
 * Python's `str.lower`: a capital sigma after a letter and not before one becomes a final one.
 * Source: CPython 3.11, Objects/unicodeobject.c, `handle_capital_sigma`.
 */
export function* pythonLowerCase(text: string): Steps<string> {
  const isFinal = text.includes('Σ') ? yield* finalSigmas(text) : undefined;
  let sigmas = 0;
  return yield* mapCharacters(text, (character, code) => {
    if (code === CAPITAL_SIGMA && isFinal?.[sigmas++] === true) return FINAL_SIGMA;
    return isNewer(code) ? character : lowerCaseOf(character, code);
  });
}

/** Of each capital sigma, in order: whether the nearest characters that count are a letter before it and none after it. */
function* finalSigmas(text: string): Steps<boolean[]> {
  const isFinal: boolean[] = [];
  let isAfterLetter = false;
  /** The first sigma since the last character that counts: all since then have the same neighbour on the right. */
  let isOpen = false;
  yield* mapCharacters(text, (_, code) => {
    if (isIgnorable(code)) return '';
    const isLetter = isCased(code);
    if (isOpen && isLetter) isFinal[isFinal.length - 1] = false;
    isOpen = code === CAPITAL_SIGMA;
    if (isOpen) isFinal.push(isAfterLetter);
    isAfterLetter = isLetter;
    return '';
  });
  return isFinal;
}
