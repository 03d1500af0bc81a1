import { ENCODINGS } from './mojibake-tables.js';

/** Ligatures and digraphs of Latin letters, and what they are made of. Source: ftfy 6.3.1, chardata.py. */
const LIGATURES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    ...{
      Ĳ: 'IJ',
      ĳ: 'ij',
      ŉ: 'ʼn',
      Ǳ: 'DZ',
      ǲ: 'Dz',
      ǳ: 'dz',
      Ǆ: 'DŽ',
      ǅ: 'Dž',
      ǆ: 'dž',
      Ǉ: 'LJ',
      ǈ: 'Lj',
      ǉ: 'lj',
    },
    ...{ Ǌ: 'NJ', ǋ: 'Nj', ǌ: 'nj', ﬀ: 'ff', ﬁ: 'fi', ﬂ: 'fl', ﬃ: 'ffi', ﬄ: 'ffl', ﬅ: 'ſt', ﬆ: 'st' },
  }),
);
const LIGATURE = new RegExp(`[${[...LIGATURES.keys()].join('')}]`, 'gu');

export function separateLigatures(text: string): string {
  return text.replace(LIGATURE, (ligature) => LIGATURES.get(ligature) ?? ligature);
}

/** Full-width and half-width forms, and the ideographic space, made ordinary. */
export function normalizeWidth(text: string): string {
  return text.replace(/\u3000/g, ' ').replace(/[\uff01-\uffef]/g, (character) => character.normalize('NFKC'));
}

export function uncurlQuotes(text: string): string {
  return text.replace(/[\u201c-\u201f]/g, '"').replace(/[\u02bc\u2018-\u201b]/g, "'");
}

export function unifyLineBreaks(text: string): string {
  return text.replace(/\r\n|[\r\u2028\u2029\u0085]/g, '\n');
}

/** Halves of surrogate pairs that stand alone. */
export function replaceLoneSurrogates(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\ufffd');
}

/** ANSI escape sequences, which colour a terminal's text. */
export function removeTerminalEscapes(text: string): string {
  // eslint-disable-next-line no-control-regex -- the escape character is what it is about
  return text.replace(/\x1b\[[\d;]*[a-zA-Z]/g, '');
}

/** Control characters but white space, C1 and those that shape the glyphs around them. */
export function removeControlCharacters(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what it is about
  return text.replace(/[\x00-\x08\x0b\x0e-\x1f\x7f\u206a-\u206f\ufeff\ufff9-\ufffc]/g, '');
}

export const C1_CONTROL = /[\x80-\x9f]/;

/** C1 control characters taken for what Windows-1252 has in their places, as browsers do. */
export function decodeC1Controls(text: string): string {
  return text.replace(
    new RegExp(C1_CONTROL, 'g'),
    (control) => ENCODINGS['sloppy-windows-1252'][control.charCodeAt(0) - 0x80],
  );
}
