import { copyFileSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { checkSameSpace } from '../../src/engine/space.js';
import { createClipgraph, type Clipgraph } from '../../src/index.js';
import { initializer, model, node, value } from '../../src/runtime/onnx/writer.js';

const STARTER = path.join(__dirname, '..', '..', 'models', 'starter');
const DIMENSIONS = 8;
const WORDS = 49_408;

/** A text tower of two pooled outputs: of each component the largest value over the tokens, and the least. */
const GRAPH = model({
  nodes: [
    node('Gather', ['table', 'input_ids'], ['rows'], { axis: 0 }),
    node('ReduceMax', ['rows'], ['text_embeds'], { axes: [1], keepdims: 0 }),
    node('ReduceMin', ['rows'], ['pooler_output'], { axes: [1], keepdims: 0 }),
  ],
  initializers: [
    initializer(
      'table',
      [WORDS, DIMENSIONS],
      Float32Array.from({ length: WORDS * DIMENSIONS }, (_, i) => ((i * 2_654_435_761) % 97) / 97 - 0.5),
    ),
  ],
  inputs: [value('input_ids', 'int64', ['batch', 'length'])],
  outputs: ['text_embeds', 'pooler_output'].map((name) => value(name, 'float32', ['batch', DIMENSIONS])),
});

/** A model over the same files as all others of this test. */
function modelOf(id: string, output: string, more: object = {}): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'clipgraph-space-'));
  writeFileSync(path.join(folder, 'text.onnx'), GRAPH);
  for (const file of ['vocab.json', 'merges.txt'])
    copyFileSync(path.join(STARTER, file), path.join(folder, file));
  const manifest = {
    ...{ id, description: id, dimensions: DIMENSIONS, contextLength: 77, imageSize: 16 },
    towers: { text: { graph: 'text.onnx', input: 'input_ids', output } },
    tokenizer: { vocabulary: 'vocab.json', merges: 'merges.txt' },
    ...more,
  };
  writeFileSync(path.join(folder, 'clipgraph.json'), JSON.stringify(manifest));
  return folder;
}

describe('models over the same files', () => {
  const text = { text: 'a dog' };
  const folders = {
    largest: modelOf('largest', 'text_embeds'),
    least: modelOf('least', 'pooler_output'),
    padded: modelOf('padded', 'text_embeds', { padding: { id: 320, to: 'context' } }),
    renamed: modelOf('renamed', 'text_embeds', {
      description: 'The first under another name.',
      aliases: ['x'],
    }),
  };
  let together: Clipgraph;
  beforeAll(async () => {
    const [first, ...models] = Object.values(folders);
    together = await createClipgraph({ runtime: 'cpu', model: first, models });
  });
  afterAll(() => together.close());

  it('that are read differently never answer with each other’s vectors', async () => {
    for (const [model, folder] of Object.entries(folders)) {
      const alone = await createClipgraph({ runtime: 'cpu', model: folder });
      const expected = await alone.embed(text, { normalize: false });
      await alone.close();
      const { vector, space } = await together.embed(text, { model, normalize: false });
      expect(vector).toEqual(expected.vector);
      expect(space).toEqual(expected.space);
    }
    const vectors = await Promise.all(Object.keys(folders).map((model) => together.embed(text, { model })));
    expect(new Set(vectors.map(({ id }) => id)).size).toBe(3);
  });

  it('share vectors, and can be compared, exactly if they are read the same way', async () => {
    const [largest, least, renamed] = await Promise.all(
      ['largest', 'least', 'renamed'].map((model) => together.embed(text, { model })),
    );
    expect((await together.embed(text, { model: 'renamed' })).isCached).toBe(true);
    expect(renamed.space).toEqual(largest.space);
    expect(() => {
      checkSameSpace([largest, renamed]);
    }).not.toThrow();
    expect(() => {
      checkSameSpace([largest, least]);
    }).toThrow(
      expect.objectContaining({
        code: 'MODEL_MISMATCH',
        message: expect.stringContaining(`checksum ${largest.space.checksum} and ${least.space.checksum}`),
      }),
    );
  });

  it('take vectors that say their checksum, and refuse those of the others', async () => {
    const [largest, least] = await Promise.all(
      ['largest', 'least'].map((model) => together.embed(text, { model })),
    );
    const given = ({ vector, space }: typeof largest) => ({ vector: { values: vector, ...space } });
    const { cosine } = await together.similarity(text, given(largest), { model: 'renamed' });
    expect(cosine).toBeCloseTo(1, 6);
    await expect(together.similarity(text, given(least), { model: 'renamed' })).rejects.toMatchObject({
      code: 'MODEL_MISMATCH',
      message: expect.stringMatching(
        /its checksum is not that of renamed.*version 0\.1 stated other checksums/,
      ),
    });
  });
});

describe('a precision of the runtime', () => {
  const of = (dtype: string, isAssumed?: boolean) => ({
    model: { id: 'm' } as never,
    space: { checksum: 'c', dtype, dimensions: 8, isAssumed },
  });
  it.each([
    ['the same', [of('fp32+tf32'), of('fp32+tf32')], undefined],
    ['another', [of('fp32'), of('fp32+tf32')], 'dtype fp32 and fp32+tf32'],
    ['one that is not said', [of('fp32', true), of('fp32+tf32'), of('fp32', true)], undefined],
    [
      'two beside one that is not said',
      [of('fp32', true), of('fp32+tf32'), of('fp32')],
      'dtype fp32+tf32 and fp32',
    ],
  ])('is compared: %s', (_, embeddings, difference) => {
    const check = () => {
      checkSameSpace(embeddings);
    };
    if (difference === undefined) expect(check).not.toThrow();
    else expect(check).toThrow(difference);
  });
});
