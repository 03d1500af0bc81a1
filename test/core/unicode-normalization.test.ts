import { normalizeText } from '../../src/core/text/unicode-normalization.js';
import { randomOf } from '../fuzz/random.js';

const MARKS = Array.from({ length: 0x20000 }, (_, point) => String.fromCodePoint(point)).filter((character) =>
  /\p{M}/u.test(character),
);

describe.each(['NFC', 'NFD'] as const)('a text in %s', (form) => {
  it('is what the engine makes of it, whatever the marks and their order', () => {
    expect(MARKS.length).toBeGreaterThan(2000);
    const random = randomOf(4);
    for (let round = 0; round < 200; round++) {
      const few = Array.from({ length: 1 + random.below(40) }, () => random.pick(MARKS));
      const characters = Array.from({ length: 100 + random.below(900) }, () =>
        random.chance(0.01) ? 'é' : random.pick(random.chance(0.7) ? few : MARKS),
      );
      const text = `a${characters.join('')}`;
      expect(normalizeText(text, form)).toBe(text.normalize(form));
    }
    const every = MARKS.join('');
    expect(normalizeText(every, form)).toBe(every.normalize(form));
  });

  it.each([
    ['of the highest and the lowest class in turn', '\u0345\u0334'.repeat(300)],
    ['that are made of two of other classes', '\u0f73'.repeat(500)],
    ['between characters of class 0', '\u0345\u0903\u0334'.repeat(300)],
  ])('is the same with marks %s', (_, text) => {
    expect(normalizeText(text, form)).toBe(text.normalize(form));
  });
});
