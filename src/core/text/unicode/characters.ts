import type { Steps } from '../../steps.js';

/** UTF-16 units that are worked on in one step. */
export const STEP = 2048;

/** Unicode's White_Space, which has not changed since version 6.3. */
export function isWhiteSpace(code: number): boolean {
  if (code < 0x80) return code === 0x20 || (code >= 0x09 && code <= 0x0d);
  return (
    code === 0x85 ||
    code === 0xa0 ||
    code === 0x1680 ||
    (code >= 0x2000 && code <= 0x200a) ||
    code === 0x2028 ||
    code === 0x2029 ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0x3000
  );
}

/** What Python's `str.isspace` takes for white space: the four separators of ASCII, too. */
export function isPythonSpace(code: number): boolean {
  return isWhiteSpace(code) || (code >= 0x1c && code <= 0x1f);
}

/** A text with each of its characters replaced. */
export function* mapCharacters(
  text: string,
  replace: (character: string, code: number) => string,
): Steps<string> {
  let result = '';
  let [done, next] = [0, STEP];
  for (const character of text) {
    result += replace(character, character.codePointAt(0) ?? 0);
    done += character.length;
    if (done < next) continue;
    yield;
    next = done + STEP;
  }
  return result;
}

/** Where a text begins and ends without such characters at its ends; all of them have one UTF-16 unit. */
export function innerOf(text: string, isOuter: (code: number) => boolean, ends = 'both'): string {
  let [start, end] = [0, text.length];
  if (ends !== 'right') while (start < end && isOuter(text.charCodeAt(start))) start++;
  if (ends !== 'left') while (end > start && isOuter(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

/** White space to single spaces, none at the ends: Python's `" ".join(text.split())`. */
export function* joinWords(text: string): Steps<string> {
  let wasSpace = true;
  const joined = yield* mapCharacters(text, (character, code) => {
    const isSpace = isPythonSpace(code);
    const kept = isSpace ? (wasSpace ? '' : ' ') : character;
    wasSpace = isSpace;
    return kept;
  });
  return joined.endsWith(' ') ? joined.slice(0, -1) : joined;
}
