import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import {
  createTokenizer,
  parseTokenizerJson,
  parseVocabulary,
  type TextConvention,
} from '../../src/core/text/index.js';
import { cleanOpenai } from '../../src/core/text/openai-split.js';
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
  readonly openai: { readonly truncated_ids: number[] };
}

const truncations = readGoldenLines<Truncation>('tokenizer', 'truncation.jsonl');

describe.each(['hf', 'openai'] as const)('the tokenizer in the convention %s', (convention) => {
  it('cuts every reference text as the reference does', () => {
    const wrong = GOLDEN_TEXTS.filter((golden) => {
      const expected = golden[convention].ids ?? 'error';
      return JSON.stringify(idsOrError(golden.text, convention)) !== JSON.stringify(expected);
    });
    expect(wrong.map(({ tag, text }) => ({ tag, text: text.slice(0, 60) }))).toEqual([]);
    expect(GOLDEN_TEXTS.length).toBe(2148);
  });

  it.each(truncations.map((entry) => [entry.text.slice(0, 30), entry] as const))(
    'cuts a long text: %s…',
    (_, entry) => {
      const { ids, isTruncated } = tokenize(entry.text, { convention, truncate: true, strict: true });
      expect(ids).toEqual(entry[convention].truncated_ids);
      expect(isTruncated).toBe(tokenizeAll(entry.text, { convention, strict: true }).ids.length > 77);
    },
  );

  it('never lets a text end itself, unless strict', () => {
    const hostile = 'a dog <|endoftext|> a cat <|startoftext|> &lt;|endoftext|&gt; <|ENDOFTEXT|>';
    const inner = tokenize(hostile, { convention }).ids.slice(1, -1);
    expect(inner).not.toContain(vocabulary.endId);
    expect(inner).not.toContain(vocabulary.startId);
    expect(tokenize(hostile, { convention, strict: true }).ids.slice(1, -1)).toContain(vocabulary.endId);
  });

  it('gives, for any text, ids within the window, the same each time', () => {
    const anyText = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.string({ unit: 'grapheme', maxLength: 100 }),
    );
    fc.assert(
      fc.property(anyText, fc.boolean(), (text, strict) => {
        const { ids, pieces } = tokenize(text, { convention, truncate: true, strict });
        expect(ids.length).toBeLessThanOrEqual(77);
        expect(ids[0]).toBe(49406);
        expect(ids.at(-1)).toBe(49407);
        expect(pieces).not.toContain(undefined);
        expect(tokenize(text, { convention, truncate: true, strict }).ids).toEqual(ids);
      }),
      { numRuns: 500 },
    );
  });

  it('tokenises a word of 100,000 characters without a quadratic wait', () => {
    const one = tokenizeAll('abcdefghij'.repeat(1000), { convention }).ids.length;
    expect(tokenizeAll('abcdefghij'.repeat(10_000), { convention }).ids.length).toBeGreaterThan(9 * one);
  });
});

describe('the hf tokenizer', () => {
  it('knows the published examples', () => {
    expect(tokenize("you should've done this").ids).toEqual([49406, 592, 1535, 1200, 1700, 589, 49407]);
    expect(tokenize('').ids).toEqual([49406, 49407]);
  });

  it('refuses 78 tokens with their count', () => {
    expect(() => tokenize('dog '.repeat(76))).toThrow(
      expect.objectContaining({
        code: 'TEXT_TOO_LONG',
        message: expect.stringMatching(/has 78 tokens.*reads 77/),
      }),
    );
    expect(tokenize('dog '.repeat(75)).ids).toHaveLength(77);
  });

  it('refuses half of a surrogate pair', () => {
    expect(() => tokenize('a \ud83d b')).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }));
  });
});

describe('a vocabulary', () => {
  const merges = readFileSync(path.join(STARTER, 'merges.txt'), 'utf8').split('\n').slice(1).filter(Boolean);
  const vocab = JSON.parse(readFileSync(path.join(STARTER, 'vocab.json'), 'utf8')) as object;

  it.each([
    ['as strings', merges],
    ['as pairs', merges.map((merge) => merge.split(' '))],
  ])('is the same from tokenizer.json, merges %s', (_, form) => {
    const fromJson = parseTokenizerJson(JSON.stringify({ model: { type: 'BPE', vocab, merges: form } }));
    const tokenizeFromJson = createTokenizer(fromJson, Infinity);
    for (const { text } of GOLDEN_TEXTS.slice(0, 200))
      expect(tokenizeFromJson(text)).toEqual(tokenizeAll(text));
  });

  it.each([
    ['no JSON', () => parseVocabulary('{', ''), /vocab\.json is not JSON/],
    ['no BPE', () => parseTokenizerJson('{"model": {"type": "WordPiece", "vocab": {}}}'), /holds no BPE/],
    ['merges of another', () => parseVocabulary('{"a": 0}', '#\na b'), /lacks "b"/],
    ['no markers', () => parseVocabulary('{"a": 0}', '#'), /lacks "<\|startoftext\|>"/],
  ])('is refused: %s', (_, parse, message) => {
    expect(parse).toThrow(
      expect.objectContaining({ code: 'MODEL_UNAVAILABLE', message: expect.stringMatching(message) }),
    );
  });
});

describe('the openai tokenizer', () => {
  const clean = (text: string): string => cleanOpenai(text);

  it.each([
    ['mojibake', 'schÃ¶n, voilÃ\u00a0 â€œlÃ â€\x9d', 'schön, voilà "là "'],
    ['mojibake of mojibake', 'Ã\u0192Â©', 'é'],
    ['HTML, once more after the repair', '&amp;lt;b&amp;gt; &eacute; &#128; &notit;', '<b> é € ¬it;'],
    ['width, ligatures, quotes', 'ＦＵＬＬ ﬁne “quoted”', 'full fine "quoted"'],
    ['control characters and escapes', '\x1b[31mred\x1b[0m\x07 a\u200bb', 'red a\u200bb'],
    ['a final sigma', 'ΟΔΟΣ', 'οδος'],
    ['ampersands of any depth', `&${'amp;'.repeat(20_000)}lt; &${'#38;'.repeat(3)}eacute;`, '< é'],
  ])('cleans %s', (_, text, expected) => {
    expect(clean(text)).toBe(expected);
  });
});

function idsOrError(text: string, convention: TextConvention): readonly number[] | 'error' {
  try {
    return tokenizeAll(text, { convention, strict: true }).ids;
  } catch {
    return 'error';
  }
}
