import type { Normalizer } from '../pipeline/spec.js';
import type { Steps } from '../../steps.js';
import { innerOf, isWhiteSpace, mapCharacters, STEP } from '../unicode/characters.js';
import { decompose } from '../unicode/decomposition.js';
import { normalizeAs } from '../unicode/forms.js';
import { lowerCase } from '../unicode/lower-case.js';
import { membership } from '../unicode/runs.js';
import { ALL_MARKS } from '../unicode/word-tables.js';
import { fromBase64 } from './base64.js';
import { normalizeBert } from './bert.js';
import { CharactersMap } from './characters-map.js';
import { occurrences } from './pattern.js';

/** Makes a text as the model's vocabulary has it. */
export type Normalize = (text: string) => Steps<string>;

function* replaceAll(
  text: string,
  pattern: Parameters<typeof occurrences>[1],
  content: string,
): Steps<string> {
  let result = '';
  let from = 0;
  let sinceStep = 0;
  for (const [start, end] of occurrences(text, pattern)) {
    result += text.slice(from, start) + content;
    sinceStep += end - from;
    from = end;
    if (sinceStep < STEP) continue;
    yield;
    sinceStep = 0;
  }
  return result + text.slice(from);
}

// eslint-disable-next-line require-yield -- a step of its own would be shorter than the turn that it asks for
function* atOnceOf(text: string): Steps<string> {
  return text;
}

const isAnyMark = membership(ALL_MARKS);

// eslint-disable-next-line no-control-regex -- controls are what goes
const NMT_REMOVED = /[\u0001-\u0008\u000b\u000e-\u001f\u007f\u008f\u009f]/;
const NMT_SPACES = /[\t\n\f\r\u1680\u200b-\u200f\u2028\u2029\u2581\ufeff\ufffd]/;

/** sentencepiece's `nmt`: controls go, other blanks are spaces. Source: tokenizers 0.23.3, normalizers/unicode.rs, `do_nmt`. */
function asNmt(character: string): string {
  return NMT_REMOVED.test(character) ? '' : NMT_SPACES.test(character) ? ' ' : character;
}

/**
 * The normalizer that a file states.
 *
 * @throws MODEL_UNAVAILABLE when its map of characters is damaged
 */
export function createNormalizer(stated: Normalizer | undefined): Normalize {
  switch (stated?.type) {
    case undefined:
      return atOnceOf;
    case 'Sequence': {
      const all = stated.normalizers.map(createNormalizer);
      return function* (text) {
        for (const normalize of all) text = yield* normalize(text);
        return text;
      };
    }
    case 'BertNormalizer':
      return (text) => normalizeBert(text, stated);
    case 'Lowercase':
      return lowerCase;
    case 'NFD':
      return (text) => decompose(text);
    case 'NFC':
    case 'NFKC':
    case 'NFKD':
      return (text) => normalizeAs(text, stated.type);
    case 'StripAccents':
      return (text) => mapCharacters(text, (character, code) => (isAnyMark(code) ? '' : character));
    case 'Nmt':
      return (text) => mapCharacters(text, asNmt);
    case 'Strip': {
      const { strip_left: left, strip_right: right } = stated;
      if (!left && !right) return atOnceOf;
      const ends = left && right ? 'both' : left ? 'left' : 'right';
      return (text) => atOnceOf(innerOf(text, isWhiteSpace, ends));
    }
    case 'Replace':
      return (text) => replaceAll(text, stated.pattern, stated.content);
    case 'Prepend':
      return (text) => atOnceOf(text === '' ? text : stated.prepend + text);
    case 'Precompiled': {
      const map = new CharactersMap(fromBase64(stated.precompiled_charsmap));
      return (text) => map.normalize(text);
    }
  }
}
