import { slices } from '../isolation/turns.js';

/** Elements of a list that become JSON in one call. */
const ELEMENTS_AT_ONCE = 1000;
function* jsonOfList(list: readonly unknown[]): Generator<string, void, undefined> {
  let separator = '[';
  for (let from = 0; from < list.length; from += ELEMENTS_AT_ONCE) {
    const part = list.slice(from, from + ELEMENTS_AT_ONCE);
    if (part.every((item) => typeof item === 'number')) {
      yield separator + JSON.stringify(part).slice(1, -1);
      separator = ',';
      continue;
    }
    for (const item of part) {
      yield separator;
      yield* jsonOf(item ?? null);
      separator = ',';
    }
  }
  yield list.length === 0 ? '[]' : ']';
}

function* jsonOf(value: unknown): Generator<string, void, undefined> {
  if (typeof value !== 'object' || value === null) {
    yield JSON.stringify(value); // The longest is a text or a vector.
  } else if (Array.isArray(value)) {
    yield* jsonOfList(value);
  } else {
    let separator = '{';
    for (const [key, member] of Object.entries(value)) {
      if (member === undefined) continue;
      yield `${separator}${JSON.stringify(key)}:`;
      yield* jsonOf(member);
      separator = ',';
    }
    yield separator === '{' ? '{}' : '}';
  }
}

/** `JSON.stringify` of an answer, without holding up the event loop. */
export async function stringifyInSlices(answer: object): Promise<string> {
  const pieces: string[] = [];
  const work = slices();
  for (const piece of jsonOf(answer)) {
    pieces.push(piece);
    if (work.isOver) await work.next();
  }
  if (pieces.length > ELEMENTS_AT_ONCE) await work.next(); // To join them is a copy of all.
  return pieces.join('');
}

/** The same with a newline, as Apollo Server writes it. */
export async function stringifyAnswer(answer: object): Promise<string> {
  return `${await stringifyInSlices(answer)}\n`;
}

function isHighSurrogate(unit: number): boolean {
  return (unit & 0xfc00) === 0xd800;
}

/** Cuts a text into pieces of about so many characters: none holds half a character, which would become U+FFFD in UTF-8. */
export function* piecesOf(text: string, length: number): Generator<string, void, undefined> {
  for (let at = 0; at < text.length;) {
    const piece = text.slice(at, at + length);
    const isWhole = piece.length < length || !isHighSurrogate(piece.charCodeAt(length - 1));
    const taken = isWhole ? piece : piece.slice(0, -1);
    yield taken;
    at += taken.length;
  }
}
