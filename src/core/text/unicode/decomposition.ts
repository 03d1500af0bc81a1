import type { Steps } from '../../steps.js';
import { STEP } from './characters.js';
import { membership, parseRuns, valueIn } from './runs.js';
import { COMBINING, DECOMPOSED } from './tables.js';

const isDecomposed = membership(DECOMPOSED);
const combining = parseRuns(COMBINING, true);
/** Below this no character combines. */
const FIRST_COMBINING = 0x300;

/**
 * NFD by the tables of the reference. The runtime decomposes single characters, whose decomposition never changes; marks are
 * put in order here, in linear time however many follow one another.
 *
 * @param keep which of the characters are kept
 */
export function* decompose(text: string, keep: (code: number) => boolean = () => true): Steps<string> {
  let result = '';
  /** The marks since the last character that is none, and their combining classes. */
  let marks: { readonly mark: string; readonly order: number }[] = [];
  const flush = (): void => {
    if (marks.length > 1) marks.sort((a, b) => a.order - b.order);
    for (const { mark } of marks) result += mark;
    marks = [];
  };
  let [done, next] = [0, STEP];
  for (const character of text) {
    const whole = isDecomposed(character.codePointAt(0) ?? 0) ? character.normalize('NFD') : character;
    for (const part of whole) {
      const code = part.codePointAt(0) ?? 0;
      const order = code < FIRST_COMBINING ? 0 : valueIn(combining, code);
      if (order === 0) flush();
      if (!keep(code)) continue;
      if (order === 0) result += part;
      else marks.push({ mark: part, order });
    }
    done += character.length;
    if (done < next) continue;
    yield;
    next = done + STEP;
  }
  flush();
  return result;
}
