import type { Steps } from '../../steps.js';
import { normalizeText } from '../unicode-normalization.js';
import { STEP } from './characters.js';
import { membership, parseRuns } from './runs.js';
import { COMBINING, COMPATIBLE, DECOMPOSED } from './tables.js';

export type NormalizationForm = 'NFC' | 'NFKC' | 'NFKD';

const isDecomposed = membership(DECOMPOSED);
const isCompatible = membership(COMPATIBLE);
const combining = parseRuns(COMBINING, true);
const isHangul = (code: number): boolean =>
  (code >= 0x1100 && code <= 0x11ff) || (code >= 0xac00 && code <= 0xd7a3);

let composing: ReadonlySet<number> | undefined;

/** What compositions are made of, and marks: characters of which a neighbour may change what becomes of them. */
function composingCharacters(): ReadonlySet<number> {
  if (composing !== undefined) return composing;
  const found = new Set<number>();
  for (const { first, last } of [combining, parseRuns(DECOMPOSED)])
    for (let run = 0; run < first.length; run++)
      for (let code = first[run]; code <= last[run]; code++)
        if (!isHangul(code))
          for (const part of String.fromCodePoint(code).normalize('NFD')) found.add(part.codePointAt(0) ?? 0);
  composing = found;
  return composing;
}

/**
 * A text in a normalization form, by the reference's version of Unicode: what that doesn't know is left alone, and the runtime,
 * which may know more, normalizes the stretches between. Characters that both know never change.
 */
export function* normalizeAs(text: string, form: NormalizationForm): Steps<string> {
  if (/^[\0-\x7f]*$/.test(text)) return text;
  const parts = composingCharacters();
  const isKnown = (code: number): boolean =>
    code < 0x80
      ? parts.has(code)
      : parts.has(code) || isHangul(code) || isDecomposed(code) || isCompatible(code);
  let result = '';
  let [from, at, next] = [0, 0, STEP];
  for (const character of text) {
    const isPart = isKnown(character.codePointAt(0) ?? 0);
    if (!isPart) {
      result += normalizeText(text.slice(from, at), form) + character;
      from = at + character.length;
    }
    at += character.length;
    if (at < next) continue;
    yield;
    next = at + STEP;
  }
  return result + normalizeText(text.slice(from), form);
}
