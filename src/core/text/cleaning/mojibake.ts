import { isBad } from './badness.js';
import { C1_CONTROL, decodeC1Controls } from './characters.js';
import type { Steps } from '../../steps.js';
import { CLUES, ENCODINGS } from './mojibake-tables.js';

// Bytes are held as strings of characters up to 0xFF, so that they can be searched by regular expressions.

/** Encodes a text, or not: undefined where a character is not in the encoding. */
type Encode = (text: string) => string | undefined;

/** The byte that stands for U+FFFD in the encodings with gaps: it was lost which one it is. */
const LOST_BYTE = 0x1a;

function encoder(name: string, upper: string): Encode {
  const isSloppy = name.startsWith('sloppy');
  const bytes = new Map(Array.from({ length: 0x80 }, (_, byte) => [String.fromCharCode(byte), byte]));
  for (const [i, character] of Array.from(upper).entries()) bytes.set(character, 0x80 + i);
  if (isSloppy) {
    bytes.delete(String.fromCharCode(LOST_BYTE));
    bytes.set('\ufffd', LOST_BYTE);
  }
  return (text) => {
    let encoded = '';
    for (const character of text) {
      const byte = bytes.get(character);
      if (byte === undefined) return undefined;
      encoded += String.fromCharCode(byte);
    }
    return encoded;
  };
}

const ENCODERS = Object.entries(ENCODINGS).map(([name, upper]) => ({ name, encode: encoder(name, upper) }));

/** UTF-8 in which a space stands where 0xA0 was. Source: ftfy 6.3.1, chardata.py, `ALTERED_UTF8_RE`. */
const ALTERED_UTF8 = new RegExp(
  [
    '[\xc2\xc3\xc5\xce\xd0\xd9][ ]',
    '[\xe2\xe3][ ][\x80-\x84\x86-\x9f\xa1-\xbf]',
    '[\xe0-\xe3][\x80-\x84\x86-\x9f\xa1-\xbf][ ]',
    '[\xf0][ ][\x80-\xbf][\x80-\xbf]',
    '[\xf0][\x80-\xbf][ ][\x80-\xbf]',
    '[\xf0][\x80-\xbf][\x80-\xbf][ ]',
  ].join('|'),
  'g',
);

/** "à" as a word of its own keeps the space after it. Source: the same package, fixes.py, `A_GRAVE_WORD_RE`. */
const A_GRAVE_WORD = /\xc3 (?! |quele|quela|quilo|s )/g;

/** UTF-8 of which some bytes are lost. Source: the same package, chardata.py, `LOSSY_UTF8_RE`. */
const LOSSY_UTF8 = new RegExp(
  [
    '[\xc2-\xdf][\x1a]',
    '[\xc2-\xc3][?]',
    '\xed[\xa0-\xaf][\x1a?]\xed[\xb0-\xbf][\x1a?\x80-\xbf]',
    '\xed[\xa0-\xaf][\x1a?\x80-\xbf]\xed[\xb0-\xbf][\x1a?]',
    '[\xe0-\xef][\x1a?][\x1a\x80-\xbf]',
    '[\xe0-\xef][\x1a\x80-\xbf][\x1a?]',
    '[\xf0-\xf4][\x1a?][\x1a\x80-\xbf][\x1a\x80-\xbf]',
    '[\xf0-\xf4][\x1a\x80-\xbf][\x1a?][\x1a\x80-\xbf]',
    '[\xf0-\xf4][\x1a\x80-\xbf][\x1a\x80-\xbf][\x1a?]',
    '\x1a',
  ].join('|'),
  'g',
);

/** U+FFFD in UTF-8. */
const REPLACEMENT_BYTES = '\xef\xbf\xbd';

/** What looks like UTF-8 read in another encoding. Source: the same file, `UTF8_DETECTOR_RE`. */
const UTF8_DETECTOR = new RegExp(
  `(?<![${CLUES.utf8_continuation_strict}])(?:` +
    `[${CLUES.utf8_first_of_2}][${CLUES.utf8_continuation}]|` +
    `[${CLUES.utf8_first_of_3}][${CLUES.utf8_continuation}]{2}|` +
    `[${CLUES.utf8_first_of_4}][${CLUES.utf8_continuation}]{3})+`,
  'gu',
);

function restoreByteA0(bytes: string): string {
  return bytes
    .replace(A_GRAVE_WORD, '\xc3\xa0 ')
    .replace(ALTERED_UTF8, (sequence) => sequence.replaceAll(' ', '\xa0'));
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeUtf8(bytes: string): string {
  return utf8.decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)));
}

/** CESU-8: the two halves of a surrogate pair, each in UTF-8; and Java's two-byte null. */
const VARIANT = /\xc0\x80|\xed[\xa0-\xaf][\x80-\xbf]\xed[\xb0-\xbf][\x80-\xbf]/g;

function decodeVariant(sequence: string): string {
  if (sequence.startsWith('\xc0')) return '\0';
  const bits = (at: number, mask: number): number => sequence.charCodeAt(at) & mask;
  const codePoint =
    (bits(1, 0x0f) << 16) + (bits(2, 0x3f) << 10) + (bits(4, 0x0f) << 6) + bits(5, 0x3f) + 0x10000;
  return String.fromCodePoint(codePoint);
}

/** UTF-8 and its two common mistakes. Throws where it is neither. */
function decodeUtf8Variants(bytes: string): string {
  let decoded = '';
  let at = 0;
  for (const { 0: sequence, index } of bytes.matchAll(VARIANT)) {
    decoded += decodeUtf8(bytes.slice(at, index)) + decodeVariant(sequence);
    at = index + sequence.length;
  }
  return decoded + decodeUtf8(bytes.slice(at));
}

/** The text re-read as UTF-8, if all of it was read in the encoding `name` by mistake. */
function rereadAsUtf8(encoded: string, name: string): string | undefined {
  let bytes = encoded;
  // In MacRoman it would match a dash before a space.
  if (name !== 'macroman') {
    ALTERED_UTF8.lastIndex = 0;
    if (ALTERED_UTF8.test(bytes)) bytes = restoreByteA0(bytes);
  }
  if (name.startsWith('sloppy')) bytes = bytes.replace(LOSSY_UTF8, REPLACEMENT_BYTES);
  try {
    return /[\xed\xc0]/.test(bytes) ? decodeUtf8Variants(bytes) : decodeUtf8(bytes);
  } catch {
    return undefined;
  }
}

/** Sequences in an otherwise sound text. */
function* repairSequences(text: string): Steps<string> {
  let repaired = '';
  let at = 0;
  let tried = 0;
  for (const { 0: sequence, index } of text.matchAll(UTF8_DETECTOR)) {
    repaired += text.slice(at, index);
    repaired += sequence.length < text.length && isBad(sequence) ? yield* repairMojibake(sequence) : sequence;
    at = index + sequence.length;
    if (++tried % SEQUENCES_A_STEP === 0) yield;
  }
  return repaired + text.slice(at);
}

const ASCII = /^[\0-\x7f]*$/;
const WINDOWS_1252_GAPS = /[\x81\x8d\x8f\x90\x9d]/;
const SEQUENCES_A_STEP = 64;
/** UTF-16 units from which on trying one encoding is a step. */
const LONG = 2048;

function* repairOnce(text: string): Steps<string> {
  if (ASCII.test(text) || !isBad(text)) return text;
  let isLatin1 = false;
  for (const { name, encode } of ENCODERS) {
    if (text.length > LONG) yield;
    const encoded = encode(text);
    if (encoded === undefined) continue;
    if (name === 'latin-1') isLatin1 = true;
    const reread = rereadAsUtf8(encoded, name);
    if (reread !== undefined) return reread;
  }
  const repaired = yield* repairSequences(text);
  if (repaired !== text) return repaired;
  // Latin-1 with characters that only Windows-1252 has a use for.
  if (isLatin1 && !WINDOWS_1252_GAPS.test(text)) {
    const decoded = decodeC1Controls(text);
    if (decoded !== text) return decoded;
  }
  return C1_CONTROL.test(text) ? decodeC1Controls(text) : text;
}

/**
 * Text that was decoded in a wrong encoding, decoded in the right one: `schÃ¶n` is `schön`.
 * Source: ftfy 6.3.1, `fix_encoding`.
 */
export function* repairMojibake(text: string): Steps<string> {
  for (let current = text; ;) {
    const repaired = yield* repairOnce(current);
    if (repaired === current) return current;
    current = repaired;
  }
}
