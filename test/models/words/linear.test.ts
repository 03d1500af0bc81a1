import {
  createPipelineTokenizer,
  type Steps,
  type Tokenizer,
  type Tokens,
} from '../../../src/core/text/index.js';
import { readTokenizerJson } from '../../../src/models/layout/words/tokenizer-json.js';
import { openTokenizer, TOKENIZERS } from './goldens.js';

const UNITS = 16_384;
const HOSTILE: readonly (readonly [string, string])[] = [
  ['one letter', 'a'],
  ['two letters', 'th'],
  ['capitals', 'ΑΣ'],
  ['unknown characters', '\u{1f9ff}\u{10ffff}'],
  ['combining marks', '\u0301\u0323'],
  ['marks that are kept', '\u302e\u302f'],
  ['Korean letters', '\u1112\u1161\u11ab'],
  ['Chinese characters', '犬'],
  ['punctuation', '!?'],
  ['spaces', ' '],
  ['lines', '\n'],
  ['marks of spaces', '▁'],
  ['markers', '<h1>'],
  ['halves of markers', '<'],
  ['characters that are replaced', 'ﷺ'],
  ['joined emoji', '👩\u200d'],
];

/** Steps that a text takes until it is found to be too long. */
function countSteps(steps: Steps<Tokens>): number {
  for (let count = 1; ; count++) {
    try {
      if (steps.next().done === true) return count;
    } catch (error) {
      expect(error).toMatchObject({ code: 'TEXT_TOO_LONG' });
      return count;
    }
  }
}

const repeated = (unit: string, length: number): string => unit.repeat(Math.floor(length / unit.length));

describe.each(TOKENIZERS)('%s, of a long text', (name) => {
  let tokenize: Tokenizer;
  beforeAll(async () => {
    tokenize = await openTokenizer(name, {}, {}, 64);
  });

  it.each(HOSTILE)('of %s: four times the text takes some four times the steps', (_, unit) => {
    const part = countSteps(tokenize.inSteps(repeated(unit, UNITS / 2), { strict: true }));
    const whole = countSteps(tokenize.inSteps(repeated(unit, 2 * UNITS), { strict: true }));
    expect(whole).toBeGreaterThan(8);
    expect(whole).toBeLessThan(5 * part + 8);
  });
});

describe('the work of a model', () => {
  it('of a Unigram is bounded by its longest piece', () => {
    const long = 'a'.repeat(64);
    const vocab = [['<unk>', 0], ...Array.from(long, (__, i) => [long.slice(0, i + 1), -1 - i / 100])];
    const pipeline = readTokenizerJson({ model: { type: 'Unigram', unk_id: 0, vocab } }, 'tokenizer.json');
    const tokenizer = createPipelineTokenizer(pipeline, {
      ...{ contextLength: Infinity, cleaning: 'none', lowerCase: 'never', replaced: new Map() },
      ...{ prefix: [], suffix: [] },
    });
    const steps = (length: number): number => countSteps(tokenizer.inSteps('a'.repeat(length)));
    expect(steps(32_768)).toBeLessThan(5 * steps(8192));
    expect(tokenizer('a'.repeat(640)).ids).toHaveLength(10);
  });

  it('of a WordPiece is bounded by its longest word', async () => {
    const tokenize = await openTokenizer('bert-zh');
    expect(tokenize('a'.repeat(100)).ids.length).toBeGreaterThan(3);
    expect(tokenize('a'.repeat(101)).pieces).toEqual(['[CLS]', '[UNK]', '[SEP]']);
  });
});
