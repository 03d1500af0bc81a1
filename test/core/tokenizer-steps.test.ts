import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { BYTE_CHARACTERS } from '../../src/core/text/byte-alphabet.js';
import {
  atOnce,
  createTokenizer,
  END_MARKER,
  parseVocabulary,
  START_MARKER,
  vocabularyInSteps,
  type Tokens,
  type Vocabulary,
} from '../../src/core/text/index.js';
import { encodeWord } from '../../src/core/text/byte-pair-encoding.js';

const STARTER = path.join(__dirname, '..', '..', 'models', 'starter');
const vocabulary = parseVocabulary(
  readFileSync(path.join(STARTER, 'vocab.json'), 'utf8'),
  readFileSync(path.join(STARTER, 'merges.txt'), 'utf8'),
);
const tokenize = createTokenizer(vocabulary, 77);
const tokenizeAll = createTokenizer(vocabulary, Infinity);

/** openai/CLIP's `bpe`: merges all occurrences of the pair with the lowest rank, and scans the whole word again. */
function encodeByScanning(word: string): number[] {
  const bytes = Buffer.from(word);
  let tokens = Array.from(bytes, (byte, i) =>
    i === bytes.length - 1 ? vocabulary.lastByteIds[byte] : vocabulary.byteIds[byte],
  );
  for (;;) {
    const ranks = tokens.slice(1).map((right, i) => vocabulary.merge(tokens[i], right)?.rank ?? Infinity);
    const lowest = Math.min(...ranks, Infinity);
    if (lowest === Infinity) return tokens;
    const merged: number[] = [];
    for (let i = 0; i < tokens.length; i++) {
      const pair = i + 1 < tokens.length ? vocabulary.merge(tokens[i], tokens[i + 1]) : undefined;
      if (pair?.rank === lowest) {
        merged.push(pair.id);
        i++;
      } else {
        merged.push(tokens[i]);
      }
    }
    tokens = merged;
  }
}

const letters = (length: number, alphabet: string, seed: number): string => {
  let state = seed;
  const next = () => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648);
  return Array.from({ length }, () => alphabet[(next() >> 8) % alphabet.length]).join('');
};
const HOSTILE: readonly [string, string][] = [
  ['one letter', 'a'.repeat(32_768)],
  ['random letters', letters(32_768, 'abcdefghijklmnopqrstuvwxyz', 1)],
  ['a word that only has pairs', 'th'.repeat(16_384)],
  ['two letters', letters(32_768, 'ab', 2)],
  ['spaces and letters', letters(32_768, 'etaoin      ', 3)],
  ['line feeds', '\n'.repeat(32_768)],
  ['mojibake', 'Ã©\n'.repeat(8192)],
  ['one line of Latin-1', letters(16_384, 'äöüßÃéàÂ¤', 4)],
  ['umlauts, and one pair that is not', `${'ä'.repeat(16_384)}Ã©`],
  ['ampersands', '&amp;'.repeat(6554)],
  ['quotation marks', '“”'.repeat(5461)],
  ['digits', '1'.repeat(32_768)],
  ['emoji', '👩‍👩'.repeat(2979)],
];

describe('encoding a word', () => {
  it('gives what scanning the word for each merge gives', () => {
    const word = fc.oneof(
      fc.string({ minLength: 1, maxLength: 60 }),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }),
      fc.string({
        unit: fc.constantFrom('a', 'b', 'e', 'th', 'x', 'q', '</w>', 'é'),
        minLength: 1,
        maxLength: 60,
      }),
    );
    fc.assert(
      fc.property(word, (text) => {
        expect(atOnce(encodeWord(text, vocabulary))).toEqual(encodeByScanning(text));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('the first tokens of a long word', () => {
  /** A vocabulary of random merges over a few letters, in random order: no model's is as entangled. */
  function entangled(alphabet: string, count: number, seed: number): Vocabulary {
    let state = seed;
    const next = (below: number) => ((state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) >> 8) % below;
    const pieces = [...BYTE_CHARACTERS, ...BYTE_CHARACTERS.map((c) => `${c}</w>`), START_MARKER, END_MARKER];
    const formed = alphabet.split('');
    const merges: [string, string][] = [];
    for (let tries = 0; tries < count * 4; tries++) {
      const [left, right] = [formed[next(formed.length)], formed[next(formed.length)]];
      const made = left + right;
      if (made.length > 12 || merges.some(([l, r]) => l === left && r === right)) continue;
      merges.push([left, right]);
      if (!formed.includes(made)) formed.push(made);
    }
    const shuffled = merges.map((merge) => [next(1000), merge] as const).sort((a, b) => a[0] - b[0]);
    const ids = Object.fromEntries([...new Set([...pieces, ...formed])].map((piece, id) => [piece, id]));
    return atOnce(
      vocabularyInSteps(
        ids,
        shuffled.map(([, merge]) => merge),
      ),
    );
  }

  it('are those of the whole word, whatever its vocabulary', () => {
    const runs = process.env.CLIPGRAPH_FULL === '1' ? 5000 : 200;
    let shorter = 0;
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e6 }),
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 40 }),
        fc.boolean(),
        (seed, merges, limit, isPeriodic) => {
          const alphabet = 'abc'.slice(0, 1 + (seed % 3));
          const vocabulary = entangled(alphabet, merges, seed);
          const part = letters(isPeriodic ? 1 + (seed % 7) : 700, alphabet, seed);
          const word = part.repeat(Math.ceil(700 / part.length));
          const all = atOnce(encodeWord(word, vocabulary));
          const first = atOnce(encodeWord(word, vocabulary, limit));
          expect(first).toEqual(all.slice(0, first.length));
          expect(first.length).toBeGreaterThanOrEqual(Math.min(limit, all.length));
          if (first.length < all.length) shorter++;
        },
      ),
      { numRuns: runs },
    );
    expect(shorter).toBeGreaterThan(runs / 2);
  });

  it.each([...HOSTILE, ['two letters by turns', 'ab'.repeat(16_384)], ['Hangul', '가나다'.repeat(3640)]])(
    'are found with little of it: %s',
    (_, text) => {
      let looked = 0;
      const merge: Vocabulary['merge'] = (left, right) => {
        looked++;
        return vocabulary.merge(left, right);
      };
      const counted = createTokenizer({ ...vocabulary, merge }, 77);
      const ids = counted(text, { truncate: true }).ids;
      expect(looked).toBeLessThan(20_000); // The whole of one takes 100,000.
      expect(ids).toEqual(tokenize(text, { truncate: true }).ids);
      const isLong = tokenizeAll(text).ids.length > 77;
      if (isLong)
        expect(() => counted(text)).toThrow(/^The text has at least 7\d\d tokens with its two markers/);
      expect(looked).toBeLessThan(100_000);
    },
  );
});

describe.each(['hf', 'openai'] as const)('the tokenizer in steps, convention %s', (convention) => {
  it.each(HOSTILE)('cuts %s to the ids that the whole text begins with', (_, text) => {
    const all = tokenizeAll(text, { convention });
    const cut = tokenize(text, { convention, truncate: true });
    const isTruncated = all.ids.length > 77;
    expect(cut.isTruncated).toBe(isTruncated);
    expect(cut.ids).toEqual(isTruncated ? [...all.ids.slice(0, 76), vocabulary.endId] : all.ids);
  });

  it.each(HOSTILE)('does %s in many short steps', (_, text) => {
    /** CPU milliseconds of the longest step, and how many there were. */
    const measure = () => {
      const steps = tokenizeAll.inSteps(text, { convention });
      let [longest, count] = [0, 0];
      for (let result: IteratorResult<undefined, Tokens> | undefined; result?.done !== true; count++) {
        const before = process.cpuUsage();
        result = steps.next();
        longest = Math.max(longest, process.cpuUsage(before).user / 1000);
      }
      return { longest, count };
    };
    // The least of several: the compiler and the collector run in the same time.
    const runs = Array.from({ length: 4 }, measure);
    expect(runs[0].count).toBeGreaterThan(3);
    expect(Math.min(...runs.map(({ longest }) => longest))).toBeLessThan(15);
  });
});
