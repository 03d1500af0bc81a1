import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { BYTE_CHARACTERS } from '../../src/core/text/byte-alphabet.js';
import { openFolder } from '../../src/models/layout/folder.js';
import { readSafetensors, toSafetensors } from '../safetensors.js';
import { clipTokenizerJson, END, START, type Json } from './tokenizer-json.js';

const TINY_CLIP = path.join(__dirname, '..', 'goldens', 'tiny-clip');
const TEXT_ENCODER = path.join(__dirname, '..', 'goldens', 'layouts', 'text-encoder', 'text_encoder');

/** Both towers: the tiny CLIP's of pictures, and a text encoder with a shorter table and a projection. */
function weights(): Buffer {
  const tensors = readSafetensors(readFileSync(path.join(TINY_CLIP, 'model.safetensors')));
  for (const [name, entry] of readSafetensors(readFileSync(path.join(TEXT_ENCODER, 'model.safetensors')))) {
    const [rows, width] = entry.shape;
    const isTable = name === 'embeddings.token_embedding.weight';
    const kept = {
      ...entry,
      shape: [600, width],
      bytes: entry.bytes.subarray(0, (entry.bytes.length / rows) * 600),
    };
    tensors.set(`text_model.${name}`, isTable ? kept : entry);
  }
  const [dimensions] = tensors.get('visual_projection.weight')!.shape;
  const projection = { dtype: 'F16', shape: [dimensions, 16], bytes: Buffer.alloc(dimensions * 16 * 2) };
  return toSafetensors(tensors.set('text_projection.weight', projection));
}
const WEIGHTS = weights();

/** All odd values in all places; else a third of them in each, another one in the next. */
const IS_FULL = process.env.CLIPGRAPH_FULL !== undefined;

/** What no writer of such a file means, and what JavaScript's objects have of their own. */
const ODD: readonly Json[] = [
  ...[null, true, -1, 0.5, 1e300, '', '\u0000', '__proto__', 'constructor', 'toString'],
  ...[[], [null], {}, JSON.parse('{"__proto__": {"a": 1}}') as Json, { constructor: { prototype: 1 } }],
];

/** The smallest vocabulary that CLIP's tokenizer has: each byte, inside a word and at its end, two merges, the markers. */
const bytes = BYTE_CHARACTERS.flatMap((character) => [character, `${character}</w>`]);
const MERGES = [
  ['d', 'o'],
  ['do', 'g</w>'],
];
const pieces = [...bytes, ...MERGES.map((pair) => pair.join('')), START, END];
const vocab = Object.fromEntries(pieces.map((piece, id) => [piece, id]));
const TOKENIZER: Json = {
  ...clipTokenizerJson(vocab, MERGES),
  padding: { direction: 'Right', pad_token: END },
};
const read = (file: string): Json => JSON.parse(readFileSync(path.join(TINY_CLIP, file), 'utf8')) as Json;
const preprocessor = read('preprocessor_config.json');

/** Each file, what stands in it, and what must be gone for it to be read. */
const FILES: Readonly<Record<string, { readonly value: Json; readonly without?: readonly string[] }>> = {
  'config.json': { value: read('config.json') },
  'preprocessor_config.json': { value: preprocessor },
  'processor_config.json': { value: { image_processor: preprocessor } },
  'tokenizer.json': { value: TOKENIZER },
  'vocab.json': { value: vocab, without: ['tokenizer.json'] },
  'special_tokens_map.json': { value: { bos_token: START, eos_token: { content: END }, pad_token: END } },
  'added_tokens.json': { value: { [END]: vocab[END] } },
  'tokenizer_config.json': {
    value: {
      ...{ model_max_length: 77, tokenizer_class: 'CLIPTokenizer', pad_token: END, bos_token: START },
      ...{ padding_side: 'right', truncation_side: 'right', additional_special_tokens: [] },
      added_tokens_decoder: { [vocab[END]]: { content: END, lstrip: false } },
    },
  },
};

/** The places of all values: of a list or an object with very many, the first few. */
function placesIn(value: Json): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [[]];
  const entries = Object.entries(value);
  const inner = entries.slice(0, entries.length > 100 ? 6 : entries.length);
  return [[], ...inner.flatMap(([key, member]) => placesIn(member).map((rest) => [key, ...rest]))];
}

function replaced(value: Json, place: readonly string[], by: Json): Json {
  if (place.length === 0) return by;
  const [key, ...rest] = place;
  if (Array.isArray(value))
    return value.map((item, i) => (String(i) === key ? replaced(item, rest, by) : item));
  const fields = value as Record<string, Json>;
  return { ...fields, [key]: replaced(fields[key], rest, by) };
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'clipgraph-odd-'));
  cpSync(path.join(TINY_CLIP, 'config.json'), path.join(folder, 'config.json'));
  write('model.safetensors', WEIGHTS);
  const lines = ['#version: 0.2', ...MERGES.map((pair) => pair.join(' ')), ''];
  write('merges.txt', lines.join('\n'));
  write('vocab.json', JSON.stringify(vocab));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function write(file: string, text: string | Uint8Array): void {
  writeFileSync(path.join(folder, file), text);
}

/** Everything that reads a file of the model, once; a failure with any other code than the one for it is thrown. */
async function outcome(): Promise<string> {
  try {
    const model = await openFolder(folder);
    (await model.tokenizer())('a dog!', { strict: true, truncate: true });
    await model.tower('text');
    await model.tower('image');
    await model.checksum();
    return 'read';
  } catch (error) {
    if ((error as { code?: string }).code !== 'MODEL_UNAVAILABLE') throw error;
    return 'refused';
  }
}

describe('whatever value stands in a file of a model, it is read or refused with a code', () => {
  it.each(Object.entries(FILES))('%s', async (file, { value, without = [] }) => {
    const others = Object.keys(FILES).filter((name) => !['processor_config.json', ...without].includes(name));
    for (const name of others) write(name, JSON.stringify(FILES[name].value));
    write(file, JSON.stringify(value));
    expect(await outcome()).toBe('read');
    const outcomes = [];
    for (const [i, place] of placesIn(value).entries()) {
      for (const odd of ODD.filter((_, which) => IS_FULL || (which + i) % 3 === 0)) {
        write(file, JSON.stringify(replaced(value, place, odd)));
        outcomes.push(await outcome());
      }
    }
    expect(outcomes).toContain('refused');
  });

  it('merges.txt', async () => {
    const lines = ['d o', 'd', '', ' ', 'd o g', '__proto__ constructor', 'x y', '\u0000', 'a  b', '\ud83d'];
    const outcomes = [];
    for (const line of lines) {
      for (const text of [line, `#version\n${line}`, `#version\nd o\n${line}\r\ndo g</w>\n`]) {
        write('merges.txt', text);
        outcomes.push(await outcome());
      }
    }
    write(
      'merges.txt',
      Uint8Array.from({ length: 300 }, (_, i) => i),
    );
    outcomes.push(await outcome());
    expect(new Set(outcomes)).toEqual(new Set(['read', 'refused']));
  });
});

it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
  'an activation called %s is refused by its name',
  async (activation) => {
    const config = FILES['config.json'].value as Record<string, Json>;
    const withIt = (part: Json): Json => ({ ...(part as object), hidden_act: activation });
    for (const key of ['text_config', 'vision_config']) {
      write('config.json', JSON.stringify({ ...config, [key]: withIt(config[key]) }));
      await expect(
        openFolder(folder).then((model) => model.tower(key === 'text_config' ? 'text' : 'image')),
      ).rejects.toMatchObject({ code: 'MODEL_UNAVAILABLE', message: expect.stringContaining(activation) });
    }
  },
);
