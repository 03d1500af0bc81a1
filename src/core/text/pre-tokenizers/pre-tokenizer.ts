import { occurrences } from '../normalizers/pattern.js';
import type { Behavior, PreTokenizer } from '../pipeline/spec.js';
import type { Steps } from '../../steps.js';
import { isWhiteSpace, STEP } from '../unicode/characters.js';
import { membership } from '../unicode/runs.js';
import { PUNCTUATION } from '../unicode/tables.js';
import { DIGITS, WORD } from '../unicode/word-tables.js';
import { spellBytes, splitAsGpt2 } from './byte-level.js';
import { cutAt, stretchesOf } from './cut.js';

/** What the model cuts into pieces by itself: a word, or more. */
export interface Word {
  readonly text: string;
  /** Whether the whole text begins with it. */
  readonly isFirst: boolean;
}
/** Cuts words further. */
export type Split = (words: readonly Word[]) => Steps<readonly Word[]>;

const isPunctuation = membership(PUNCTUATION);
const isOfWord = membership(WORD);
const isDigit = membership(DIGITS);

/** Does something with each word, in steps; empty words go. */
function each(split: (word: Word) => readonly Word[]): Split {
  return function* (words) {
    const result: Word[] = [];
    let work = 0;
    for (const word of words) {
      for (const part of split(word)) if (part.text !== '') result.push(part);
      work += word.text.length + 1;
      if (work < STEP) continue;
      yield;
      work = 0;
    }
    return result;
  };
}

type Bounds = readonly [start: number, end: number];
type Find = (text: string) => Iterable<Bounds>;

function* characters(text: string, isWanted: (code: number) => boolean): Generator<Bounds, void, undefined> {
  for (let at = 0; at < text.length;) {
    const code = text.codePointAt(at) ?? 0;
    const end = at + (code > 0xffff ? 2 : 1);
    if (isWanted(code)) yield [at, end];
    at = end;
  }
}

/** Runs of parts of words, and of what is neither that nor white space: `\w+|[^\w\s]+`. */
function* wordsAndSigns(text: string): Generator<Bounds, void, undefined> {
  const kindOf = (code: number): number => (isWhiteSpace(code) ? 0 : isOfWord(code) ? 1 : 2);
  let [start, at, kind] = [0, 0, 0];
  for (const character of text) {
    const own = kindOf(character.codePointAt(0) ?? 0);
    if (own !== kind) {
      if (kind !== 0) yield [start, at];
      [start, kind] = [at, own];
    }
    at += character.length;
  }
  if (kind !== 0) yield [start, at];
}

function splitAt(find: Find, behavior: Behavior, isInverted = false): Split {
  return each(({ text, isFirst }) => {
    const stretches = stretchesOf(text.length, find(text));
    const chosen = isInverted ? stretches.map((s) => ({ ...s, isMatch: !s.isMatch })) : stretches;
    return cutAt(chosen, behavior).map(([start, end]) => ({
      text: text.slice(start, end),
      isFirst: isFirst && start === 0,
    }));
  });
}

function inTurn(all: readonly Split[]): Split {
  return function* (words) {
    for (const split of all) words = yield* split(words);
    return words;
  };
}

const atSpaces = splitAt((text) => characters(text, isWhiteSpace), 'Removed');

function metaspace({
  replacement,
  prepend_scheme,
  split,
}: Extract<PreTokenizer, { type: 'Metaspace' }>): Split {
  const mark = each(({ text, isFirst }) => {
    const marked = text.replaceAll(' ', replacement);
    const isWanted = prepend_scheme === 'always' || (prepend_scheme === 'first' && isFirst);
    const isMarked = text === '' || !isWanted || marked.startsWith(replacement);
    return [{ text: isMarked ? marked : replacement + marked, isFirst }];
  });
  const cut = splitAt((text) => occurrences(text, { String: replacement }), 'MergedWithNext');
  return split ? inTurn([mark, cut]) : mark;
}

function byteLevel({
  add_prefix_space: isPrefixed,
  use_regex: isSplit,
}: Extract<PreTokenizer, { type: 'ByteLevel' }>): Split {
  const prefix = each(({ text, isFirst }) => [
    { text: isPrefixed && !text.startsWith(' ') ? ` ${text}` : text, isFirst },
  ]);
  const spell = each(({ text, isFirst }) => [{ text: spellBytes(text), isFirst }]);
  return inTurn([prefix, ...(isSplit ? [splitAt(splitAsGpt2, 'Isolated')] : []), spell]);
}

/** The pre-tokenizer that a file states. */
export function createPreTokenizer(stated: PreTokenizer | undefined): Split {
  switch (stated?.type) {
    case undefined:
      return each((word) => [word]);
    case 'Sequence':
      return inTurn(stated.pretokenizers.map(createPreTokenizer));
    case 'BertPreTokenizer':
      return inTurn([atSpaces, splitAt((text) => characters(text, isPunctuation), 'Isolated')]);
    case 'WhitespaceSplit':
      return atSpaces;
    case 'Whitespace':
      return splitAt(wordsAndSigns, 'Removed', true);
    case 'Digits':
      return splitAt(
        (text) => characters(text, isDigit),
        stated.individual_digits ? 'Isolated' : 'Contiguous',
      );
    case 'ByteLevel':
      return byteLevel(stated);
    case 'Punctuation':
      return splitAt((text) => characters(text, isPunctuation), stated.behavior);
    case 'CharDelimiterSplit':
      return splitAt((text) => occurrences(text, { String: stated.delimiter }), 'Removed');
    case 'Metaspace':
      return metaspace(stated);
    case 'Split':
      return splitAt((text) => occurrences(text, stated.pattern), stated.behavior, stated.invert);
  }
}
