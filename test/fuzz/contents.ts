import { anyPicture } from './pictures.js';
import type { Random } from './random.js';

const WORDS = [
  'a',
  'photo',
  'of',
  'the',
  'dog',
  'cat',
  'rocket',
  'snow',
  'weiß',
  '漢字',
  '🦊',
  'été',
  '{}',
  '%s',
];
const ODD = [
  '',
  ' ',
  '\0',
  '\ud800',
  '\udc00\ud800',
  '<|endoftext|>',
  '<|startoftext|>',
  '&amp;&lt;&#x110000;',
  'Ã©â€œ',
  '\u202e\u200d\ufeff',
  'e\u0301'.repeat(50),
  '\u{1f468}\u200d\u{1f469}\u200d\u{1f467}'.repeat(20),
  '../../etc',
  '${x}{{x}}',
  '-1e400',
];

export function text(random: Random): string {
  if (random.chance(0.15)) return random.pick(ODD);
  if (random.chance(0.02)) return random.pick([...WORDS, ...ODD]).repeat(random.below(20_000));
  return Array.from({ length: 1 + random.below(random.chance(0.1) ? 200 : 8) }, () =>
    random.pick(WORDS),
  ).join(random.pick([' ', ' ', ' ', '', '\n', ', ']));
}

function vector(random: Random): unknown {
  const length = random.pick([384, 384, 384, 0, 1, 383, 512, 5000]);
  const values = Array.from({ length }, () => random.below(2001) / 1000 - 1);
  if (random.chance(0.1)) values[random.below(length + 1)] = random.pick([0, 1e39, -1e308, 5e-324]);
  if (random.chance(0.1)) return Array.from({ length }, () => 0);
  if (random.chance(0.5)) return values;
  const packed = Buffer.from(new Float32Array(values).buffer).toString('base64');
  return random.chance(0.1) ? packed.slice(random.below(8)) : packed;
}

/** As a scalar, a list or an object may be wrong. */
export function anyValue(random: Random, depth = 3): unknown {
  switch (random.below(depth > 0 ? 10 : 7)) {
    case 0:
      return null;
    case 1:
      return random.chance(0.5);
    case 2:
      return random.pick([0, -1, 1, 0.5, 2 ** 31, 2 ** 53, 1e308, -0, 1e-7, random.below(300)]);
    case 3:
    case 4:
      return text(random);
    case 5:
      return [];
    case 6:
      return {};
    case 7:
    case 8:
      return Array.from({ length: random.below(5) }, () => anyValue(random, depth - 1));
    default:
      return Object.fromEntries(
        Array.from({ length: 1 + random.below(3) }, () => [
          random.pick([
            'text',
            'image',
            'values',
            'content',
            '__proto__',
            'constructor',
            'length',
            '0',
            text(random),
          ]),
          anyValue(random, depth - 1),
        ]),
      );
  }
}

const EXAMPLES = ['dog', 'cat', 'coffee', 'rocket', 'apple', 'nothing'];

function image(random: Random): unknown {
  if (random.chance(0.7)) return { example: random.pick(EXAMPLES) };
  if (random.chance(0.5)) return { base64: anyPicture(random).toString('base64') };
  return random.pick([
    { url: 'https://127.0.0.1/picture.png' },
    { url: text(random) },
    { base64: `data:image/png;base64,${text(random)}` },
    { upload: null },
    { example: 'dog', url: 'https://example.org/' },
  ]);
}

/** A ContentInput, mostly a right one. */
export function content(random: Random, depth = 1): unknown {
  if (random.chance(0.04)) return anyValue(random);
  switch (random.below(8)) {
    case 0:
    case 1:
      return { image: image(random) };
    case 2:
      return {
        vector: { values: vector(random), ...(random.chance(0.2) ? { checksum: text(random) } : {}) },
      };
    case 3:
      if (depth === 0) return { text: text(random) };
      return {
        blend: Array.from({ length: random.below(4) }, () => ({
          content: content(random, depth - 1),
          weight: random.pick([1, 0.5, -1, 0, 1e30, 1e31]),
        })),
      };
    default:
      return { text: text(random) };
  }
}
