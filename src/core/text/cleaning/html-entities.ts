import { HTML_ENTITIES } from './html-entities-table.js';

const ENTITIES: ReadonlyMap<string, string> = new Map(
  Array.from({ length: HTML_ENTITIES.length / 2 }, (_, i) => [
    HTML_ENTITIES[2 * i],
    HTML_ENTITIES[2 * i + 1],
  ]),
);

/** What the numbers 0x80 to 0x9F mean in HTML: Windows-1252; and the others that it reads otherwise. */
const REPLACED_NUMBERS: ReadonlyMap<number, string> = new Map([
  [0x00, '\ufffd'],
  [0x0d, '\r'],
  ...Array.from(
    '\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f' +
      '\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178',
    (character, i): [number, string] => [0x80 + i, character],
  ),
]);

/** Control characters and noncharacters, which stand for nothing. */
function isInvalid(number: number): boolean {
  return (
    (number >= 0x1 && number <= 0x8) ||
    (number >= 0xe && number <= 0x1f) ||
    (number >= 0x7f && number <= 0x9f) ||
    (number >= 0xfdd0 && number <= 0xfdef) ||
    number === 0xb ||
    (number & 0xfffe) === 0xfffe
  );
}

function decodeNumber(reference: string): string {
  const isHex = /^#x/i.test(reference);
  const digits = reference.replace(/^#x?/i, '').replace(/;$/, '');
  const number = Number.parseInt(digits, isHex ? 16 : 10);
  const replaced = REPLACED_NUMBERS.get(number);
  if (replaced !== undefined) return replaced;
  if ((number >= 0xd800 && number <= 0xdfff) || number > 0x10ffff) return '\ufffd';
  return isInvalid(number) ? '' : String.fromCodePoint(number);
}

/** A name that begins with an entity without a semicolon is that entity and the rest. */
function decodeName(name: string): string {
  const exact = ENTITIES.get(name);
  if (exact !== undefined) return exact;
  for (let length = name.length - 1; length > 1; length--) {
    const start = ENTITIES.get(name.slice(0, length));
    if (start !== undefined) return start + name.slice(length);
  }
  return `&${name}`;
}

/**
 * Character references decoded as HTML 5 says, those without a semicolon too.
 * Source: Python's `html.unescape`, including what it does with numbers that mean no character.
 */
export function unescapeHtml(text: string): string {
  return text.replace(/&(#[0-9]+;?|#[xX][0-9a-fA-F]+;?|[^\t\n\f <&#;]{1,32};?)/g, (_, reference: string) =>
    reference.startsWith('#') ? decodeNumber(reference) : decodeName(reference),
  );
}

/** The unambiguous names, and those written in capitals where no other name is. */
const UNAMBIGUOUS: ReadonlyMap<string, string> = (() => {
  const names = new Map([...ENTITIES].filter(([name]) => name.endsWith(';')));
  for (const [name, characters] of [...names]) {
    const capitals = name.toUpperCase();
    if (name === name.toLowerCase() && unescapeHtml(`&${capitals}`) === `&${capitals}`) {
      names.set(capitals, characters.toUpperCase());
    }
  }
  return names;
})();

/**
 * Only the references that nobody writes by accident: with a semicolon.
 * Source: ftfy 6.3.1, `unescape_html`.
 */
export function unescapeUnambiguous(text: string): string {
  return text.replace(/&(#?[0-9A-Za-z]{1,24};)/g, (whole, reference: string) => {
    const named = UNAMBIGUOUS.get(reference);
    if (named !== undefined) return named;
    if (!reference.startsWith('#')) return whole;
    const decoded = unescapeHtml(whole);
    return decoded.includes(';') ? whole : decoded;
  });
}
