import type { Random } from '../../fuzz/random.js';

const range = (first: number, last: number) => (random: Random) => first + random.below(last - first + 1);
const among = (text: string) => {
  const characters = Array.from(text, (character) => character.codePointAt(0)!);
  return (random: Random) => random.pick(characters);
};

/** Where tokenizers differ: scripts with marks, joiners, white space of every kind, forms that maps of characters replace. */
const KINDS: readonly ((random: Random) => number)[] = [
  range(0x20, 0x7e),
  among('abcdefghijklmnopqrstuvwxyz   .,!?'),
  range(0x00, 0x1f),
  range(0x80, 0x24f),
  range(0x300, 0x36f),
  range(0x370, 0x52f),
  among('ΣςσΑΟΔİIıẞß\u0345\u00ad·'),
  range(0x590, 0x6ff),
  range(0x900, 0xdff),
  range(0xe00, 0x11ff),
  range(0x1ab0, 0x1aff),
  range(0x1d00, 0x1fff),
  among('\u0085\u00a0\u1680\u2000\u200b\u200c\u200d\u2028\u2029\u202f\u205f\u2060\u3000\ufeff\u180e\t\n\r '),
  range(0x2000, 0x2bff),
  range(0x3040, 0x30ff),
  range(0x4e00, 0x9fff),
  range(0xac00, 0xd7a3),
  range(0xf900, 0xffef),
  among('ﬁﬂ①½㍿ｶﾞﾊﾟＡＢｃ１２▁▁▁\u2581'),
  range(0x1f1e6, 0x1f1ff),
  range(0x1f300, 0x1faff),
  range(0x10000, 0x1ffff),
  range(0x20000, 0x323af),
  range(0xe0000, 0xe01ef),
];

/** A text of random characters of a few kinds, with markers and words of `spelled` in between. */
export function randomText(random: Random, spelled: readonly string[]): string {
  const kinds = Array.from({ length: 1 + random.below(4) }, () => random.pick(KINDS));
  let text = '';
  for (let i = random.below(random.chance(0.1) ? 120 : 24); i >= 0; i--) {
    if (spelled.length > 0 && random.chance(0.06)) text += random.pick(spelled);
    const code = random.chance(0.02) ? random.below(0x110000) : random.pick(kinds)(random);
    // Halves of surrogate pairs are no characters.
    if (code >= 0xd800 && code <= 0xdfff) continue;
    const character = String.fromCodePoint(code);
    text += character.repeat(random.chance(0.05) ? 1 + random.below(6) : 1);
  }
  return text;
}
