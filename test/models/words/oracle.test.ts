import { createPipelineTokenizer, type Tokenizer } from '../../../src/core/text/index.js';
import { readTokenizerJson } from '../../../src/models/layout/words/tokenizer-json.js';
import { randomOf } from '../../fuzz/random.js';
import { saySkipped } from '../../say-skipped.js';
import { loadOracle, type Oracle } from './oracle.js';
import { pipelines, SWEPT } from './pipelines.js';
import { randomText } from './random-text.js';

const IS_FULL = process.env.CLIPGRAPH_FULL !== undefined;
/** Those that models have; the others hold one part each. */
const PUBLISHED = ['xlmr', 't5', 'gemma', 'gemma in lower case', 'mbert', 'bert-zh'];
const PIPELINES = pipelines();

let oracleOf: ((json: unknown) => Oracle) | undefined;
beforeAll(async () => {
  oracleOf = await loadOracle();
  if (oracleOf === undefined)
    saySkipped(
      'The native tokenizers are not installed (npm ci installs them): nothing is compared with them.',
    );
});

function ours(json: unknown): Tokenizer {
  const pipeline = readTokenizerJson(json, 'tokenizer.json');
  return createPipelineTokenizer(pipeline, {
    ...{ contextLength: Infinity, cleaning: 'none', lowerCase: 'never', replaced: new Map() },
    ...{ prefix: pipeline.prefix, suffix: pipeline.suffix },
  });
}

/** The texts whose ids are others than the oracle's. */
async function differences(name: string, texts: readonly string[]): Promise<unknown[]> {
  if (oracleOf === undefined) return [];
  const json = PIPELINES.get(name)!;
  const [tokenize, oracle] = [ours(json), oracleOf(json)];
  const wrong: unknown[] = [];
  for (let from = 0; from < texts.length; from += 1000) {
    const part = texts.slice(from, from + 1000);
    for (const [i, ids] of (await oracle.encode(part)).entries()) {
      const own = tokenize(part[i], { strict: true }).ids;
      if (JSON.stringify(own) !== JSON.stringify(ids)) wrong.push({ text: part[i], ids, own });
    }
  }
  return wrong;
}

/** Spelled markers and added tokens of all pipelines. */
const SPELLED = [
  '</s>',
  '<s>',
  '<mask>',
  '<unk>',
  '<eos>',
  '[SEP]',
  '[UNK]',
  '\n\n',
  '▁▁',
  '<h1>',
  'ab',
  'a b',
  'A b',
  '  x',
  'É',
  'é',
  '  ',
  ' the ',
  'dog',
];

describe('random texts have the ids of the native tokenizers', () => {
  it.each([...PIPELINES.keys()])(
    '%s',
    async (name) => {
      const seed = [...PIPELINES.keys()].indexOf(name) + 1;
      const isPublished = PUBLISHED.includes(name);
      const count = isPublished ? (IS_FULL ? 20_000 : 400) : IS_FULL ? 2000 : 100;
      const random = randomOf(seed);
      const texts = Array.from({ length: count }, () => randomText(random, SPELLED));
      expect((await differences(name, texts)).slice(0, 5)).toEqual([]);
    },
    600_000,
  );
});

describe('every character of the Basic Multilingual Plane has the ids of the native tokenizers', () => {
  const characters = Array.from({ length: 0x10000 }, (_, code) => code)
    .filter((code) => code < 0xd800 || code > 0xdfff)
    .map((code) => String.fromCharCode(code));
  /** Many in a text. */
  const inTexts = (around: (character: string) => string): string[] =>
    Array.from({ length: Math.ceil(characters.length / 32) }, (_, i) =>
      characters
        .slice(32 * i, 32 * i + 32)
        .map(around)
        .join(' '),
    );
  const between = inTexts((character) => `a${character}b`);
  // Before a mark that joins it, and joined to a character that is replaced: only maps of characters look at both.
  const joined = inTexts((character) => `${character}\u0301 ª${character}`);

  it.each(PUBLISHED)(
    '%s',
    async (name) => {
      expect((await differences(name, name === 't5' ? joined : between)).slice(0, 5)).toEqual([]);
    },
    600_000,
  );
});

describe('every character has what the native tokenizers make of it', () => {
  const characters = Array.from({ length: 0x20000 }, (_, code) => code)
    .filter((code) => code < 0xd800 || code > 0xdfff)
    .map((code) => String.fromCodePoint(code));
  // Between letters, beside digits, before and after marks: of low and of high classes, and that compose.
  const texts = Array.from({ length: Math.ceil(characters.length / 32) }, (_, i) =>
    characters
      .slice(32 * i, 32 * i + 32)
      .map((one) => `a${one}b 1${one}${one} ${one}\u0301\u0334${one} e${one}\u0308`)
      .join(' '),
  ).filter((_, i) => IS_FULL || i % 8 === 3);

  it.each([...SWEPT.keys()])(
    '%s',
    async (name) => {
      expect((await differences(name, texts)).slice(0, 3)).toEqual([]);
    },
    600_000,
  );
});
