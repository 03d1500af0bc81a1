import type { Content, WeightedPart } from '../engine/index.js';
import { ClipgraphError } from '../errors/index.js';
import { contentOf, type Reading } from './contents.js';
import { kindOf } from './named-files.js';

/** A part of an expression as it is written: its sign, and what stands for a text or a file. */
interface Term {
  readonly sign: 1 | -1;
  readonly words: string;
  /** Whether it stood in quotes: nothing in it has a meaning then. */
  readonly isQuoted: boolean;
}

const OPERATOR = /^\s*([+-])\s+/;
/** Up to a quote that an operator or the end follows. */
const QUOTED = /^"((?:[^"\\]|\\.)*)"(?=\s*$|\s+[+-]\s)/;
const UNQUOTED = /^.*?(?=\s+[+-](?:\s|$)|\s*$)/s;
const WEIGHT = /^(\d+(?:\.\d+)?)\s*\*\s*/;

function nothingAt(place: string): ClipgraphError {
  const message = `There is nothing ${place}. A query is a text, a file, or several with + and - between them; what is meant literally stands in quotes, or after text:.`;
  return new ClipgraphError('BAD_USER_INPUT', message);
}

/** The terms of an expression in one argument: `horse + stripes - "black and white"`. */
function termsIn(expression: string): Term[] {
  const terms: Term[] = [];
  let rest = expression.trim();
  while (terms.length === 0 || rest !== '') {
    const operator = OPERATOR.exec(rest);
    const sign = operator?.[1] === '-' ? -1 : 1;
    const place = operator === null ? 'in the query' : `after ${operator[1]}`;
    rest = rest.slice(operator?.[0].length ?? 0).trimStart();
    if (/^[+-](\s|$)/.test(rest)) throw nothingAt(`after ${operator?.[1] ?? rest[0]}`);
    const weight = WEIGHT.exec(rest)?.[0] ?? '';
    const quoted = QUOTED.exec(rest.slice(weight.length));
    const [whole] = quoted ?? UNQUOTED.exec(rest.slice(weight.length)) ?? [''];
    if (whole === '') throw nothingAt(place);
    const words = quoted === null ? whole : quoted[1].replace(/\\(.)/g, '$1');
    terms.push({ sign, words: weight + words, isQuoted: quoted !== null });
    rest = rest.slice(weight.length + whole.length).trimStart();
    if (/^[+-]$/.test(rest)) throw nothingAt(`after ${rest}`);
  }
  return terms;
}

/** The terms of several arguments, of which a shell has taken the quotes away: an operator is one that stands alone. */
function termsOf(words: readonly string[]): Term[] {
  const terms: Term[] = [];
  let sign: 1 | -1 = 1;
  let operator: string | undefined;
  let term: string[] = [];
  const end = (): void => {
    if (term.length > 0) terms.push({ sign, words: term.join(' '), isQuoted: false });
    else if (operator !== undefined) throw nothingAt(`after ${operator}`);
    term = [];
  };
  for (const word of words) {
    if (word !== '+' && word !== '-') {
      term.push(word);
      continue;
    }
    end();
    operator = word;
    sign = word === '-' ? -1 : 1;
  }
  end();
  if (terms.length === 0) throw nothingAt('in the query');
  return terms;
}

function partOf({ sign, words }: Term, reading: Reading): WeightedPart {
  const weight = WEIGHT.exec(words);
  const value = words.slice(weight?.[0].length ?? 0);
  const { content } = contentOf(value, reading);
  return { content: content as WeightedPart['content'], weight: sign * Number(weight?.[1] ?? 1) };
}

/**
 * What the words of a query stand for: texts and files, added and taken away, with weights before them: `2*horse`. In one
 * argument, quotes hold together what is meant literally; in several, the shell's have done so. A file's name is never cut.
 *
 * @throws BAD_USER_INPUT
 */
export function partsOf(words: readonly string[], reading: Reading): WeightedPart[] {
  const alone = words.length === 1 ? words[0] : undefined;
  const isLiteral = reading.form !== 'as it looks' || (alone !== undefined && isOneThing(alone));
  if (isLiteral) {
    const { content } = contentOf(words.join(' '), reading);
    return [{ content: content as WeightedPart['content'] }];
  }
  const terms = alone === undefined ? termsOf(words) : termsIn(alone);
  return terms.map((term) => partOf(term, reading));
}

function isOneThing(argument: string): boolean {
  return /^(text|file):(?!\/\/)/.test(argument) || (argument !== '' && kindOf(argument) === 'file');
}

/** One content for all parts. */
export function contentFor(parts: readonly WeightedPart[]): Content {
  const [first] = parts;
  return parts.length === 1 && (first.weight ?? 1) === 1 ? first.content : { blend: parts };
}
