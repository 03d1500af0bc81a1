import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { createTokenizer, parseVocabulary, type Tokenizer } from '../../src/clip/text/index.js';
import { GOLDEN_TEXTS, readGoldenLines } from '../golden-data.js';

const STARTER = path.join(__dirname, '..', '..', 'models', 'starter');
const vocabulary = parseVocabulary(
  readFileSync(path.join(STARTER, 'vocab.json'), 'utf8'),
  readFileSync(path.join(STARTER, 'merges.txt'), 'utf8'),
);
const tokenize = createTokenizer(vocabulary, 77);
/** For texts of any length. */
const tokenizeAll = createTokenizer(vocabulary, Infinity);

interface Truncation {
  readonly text: string;
  readonly hf: { readonly truncated_ids: number[] };
}

describe('the hf tokenizer', () => {
  it('cuts every reference text as Hugging Face does', () => {
    const wrong = GOLDEN_TEXTS.filter(({ text, hf }) => {
      const expected = hf.ids ?? 'error';
      return JSON.stringify(idsOrError(tokenizeAll, text)) !== JSON.stringify(expected);
    });
    expect(wrong.map(({ tag, text }) => ({ tag, text: text.slice(0, 60) }))).toEqual([]);
    expect(GOLDEN_TEXTS.length).toBeGreaterThan(2000);
  });

  it('knows the published examples', () => {
    expect(tokenize("you should've done this").ids).toEqual([49406, 592, 1535, 1200, 1700, 589, 49407]);
    expect(tokenize('').ids).toEqual([49406, 49407]);
  });

  const truncations = readGoldenLines<Truncation>('tokenizer', 'truncation.jsonl');
  it.each(truncations.map((entry) => [entry.text.slice(0, 30), entry] as const))(
    'cuts a long text: %s…',
    (_, entry) => {
      const { ids, isTruncated } = tokenize(entry.text, { truncate: true, strict: true });
      expect(ids).toEqual(entry.hf.truncated_ids);
      expect(isTruncated).toBe(tokenizeAll(entry.text, { strict: true }).ids.length > 77);
    },
  );

  it('refuses 78 tokens with their count', () => {
    expect(() => tokenize('dog '.repeat(76))).toThrow(
      expect.objectContaining({
        code: 'TEXT_TOO_LONG',
        message: expect.stringMatching(/has 78 tokens.*reads 77/),
      }),
    );
    expect(tokenize('dog '.repeat(75)).ids).toHaveLength(77);
  });

  it('never lets a text end itself, unless strict', () => {
    const hostile = 'a dog <|endoftext|> a cat <|startoftext|>';
    const inner = tokenize(hostile).ids.slice(1, -1);
    expect(inner).not.toContain(vocabulary.endId);
    expect(inner).not.toContain(vocabulary.startId);
    expect(tokenize(hostile, { strict: true }).ids.slice(1, -1)).toContain(vocabulary.endId);
  });

  it('tokenises a word of 100,000 characters without a quadratic wait', () => {
    const one = tokenizeAll('abcdefghij'.repeat(1000)).ids.length;
    expect(tokenizeAll('abcdefghij'.repeat(10_000)).ids.length).toBeGreaterThan(9 * one);
  });

  it('gives, for any text, ids within the window, the same each time', () => {
    const anyText = fc.string({ unit: 'binary', maxLength: 300 });
    fc.assert(
      fc.property(anyText, fc.boolean(), (text, strict) => {
        const { ids, pieces } = tokenize(text, { truncate: true, strict });
        expect(ids.length).toBeLessThanOrEqual(77);
        expect(ids[0]).toBe(49406);
        expect(ids.at(-1)).toBe(49407);
        expect(pieces).not.toContain(undefined);
        expect(tokenize(text, { truncate: true, strict }).ids).toEqual(ids);
      }),
      { numRuns: 500 },
    );
  });

  it('refuses half of a surrogate pair', () => {
    expect(() => tokenize('a \ud83d b')).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }));
  });
});

function idsOrError(cut: Tokenizer, text: string): readonly number[] | 'error' {
  try {
    return cut(text, { strict: true }).ids;
  } catch {
    return 'error';
  }
}
