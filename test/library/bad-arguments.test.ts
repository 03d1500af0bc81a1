import { execFileSync } from 'node:child_process';
import { mkdtempSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createClipgraph, ClipgraphError, type Clipgraph } from '../../src/index.js';

let clipgraph: Record<keyof Clipgraph, (...args: unknown[]) => Promise<any>>;
beforeAll(async () => {
  clipgraph = (await createClipgraph()) as never;
});
afterAll(() => clipgraph.close());

const text = { text: 'a dog' };
const folder = mkdtempSync(path.join(tmpdir(), 'clipgraph-files-'));

describe('a program without types', () => {
  const cases: [string, () => Promise<unknown>, string, RegExp][] = [
    ['a string for a content', () => clipgraph.embed('a dog'), 'content', /received a string.*\{ text: … \}/],
    ['null for a content', () => clipgraph.embed(null), 'content', /received null/],
    ['nothing for a content', () => clipgraph.embed(), 'content', /received undefined/],
    ['an empty content', () => clipgraph.embed({}), 'content', /exactly one of text, image, vector or blend/],
    [
      'two contents in one',
      () => clipgraph.embed({ ...text, image: { example: 'dog' } }),
      'content',
      /text, image/,
    ],
    ['a field that is none', () => clipgraph.embed({ ...text, wieght: 2 }), 'content', /unknown/],
    ['a number for a text', () => clipgraph.embed({ text: 5 }), 'content', /text to be a string/],
    ['a string for a picture', () => clipgraph.embed({ image: 'x.png' }), 'content', /\{ path: … \}/],
    ['a picture from nowhere', () => clipgraph.embed({ image: {} }), 'content', /exactly one of path/],
    [
      'a number for a path',
      () => clipgraph.embed({ image: { path: 5 } }),
      'content',
      /image\.path to be a string/,
    ],
    ['a list for bytes', () => clipgraph.embed({ image: { bytes: [1] } }), 'content', /to be a Uint8Array/],
    [
      'an array for a vector',
      () => clipgraph.embed({ vector: new Float32Array(384) }),
      'content',
      /\{ values: … \}/,
    ],
    ['an array for a content', () => clipgraph.embed(new Float32Array(384)), 'content', /a Float32Array/],
    ['an object for values', () => clipgraph.embed({ vector: { values: {} } }), 'content', /vector\.values/],
    ['a number for a blend', () => clipgraph.embed({ blend: 5 }), 'content', /blend to be a list/],
    ['a part without content', () => clipgraph.embed({ blend: [text] }), 'content', /blend\[0\]\.content/],
    [
      'a weight that is a string',
      () => clipgraph.embed({ blend: [{ content: text, weight: '1' }] }),
      'content',
      /weight to be a number/,
    ],
    ['a string for b', () => clipgraph.similarity(text, 'a cat'), 'b', /received a string/],
    ['null for labels', () => clipgraph.classify(text, null), 'labels', /a list/],
    ['a number among the labels', () => clipgraph.classify(text, ['a', 5]), 'labels', /a list of strings/],
    [
      'a number for a template',
      () => clipgraph.classify(text, ['a'], { template: 5 }),
      'options.template',
      /a string/,
    ],
    ['a content for candidates', () => clipgraph.rank(text, text), 'candidates', /a list/],
    ['a string for the query', () => clipgraph.rank('a dog', [text]), 'query', /received a string/],
    ['null for rows', () => clipgraph.similarityMatrix(null, [text]), 'rows', /a list/],
    ['a bad row', () => clipgraph.similarityMatrix([text, {}], [text]), 'rows', /exactly one/],
    ['a number to tokenize', () => clipgraph.tokenize(5), 'text', /a string/],
    ['a content to tokenize', () => clipgraph.tokenEmbeddings(text), 'text', /a string/],
    ['an option that is none', () => clipgraph.embed(text, { normalise: true }), 'options', /no such option/],
    ['a model that is none', () => clipgraph.embed(text, { model: 5 }), 'options.model', /a string/],
    [
      'a signal that is none',
      () => clipgraph.embed(text, { signal: {} }),
      'options.signal',
      /an AbortSignal/,
    ],
  ];
  it.each(cases)('is told about %s', async (_, ask, argument, message) => {
    const error = await ask().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(ClipgraphError);
    expect(error).toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringMatching(message),
      input: { argument },
    });
  });

  it('is told of a stream that is none, and of a bad content in its place', async () => {
    expect(() => clipgraph.embedStream(null)).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }));
    const results = clipgraph.embedStream([text, 'a dog']) as unknown as AsyncIterable<{
      index: number;
      result: unknown;
    }>;
    const found: unknown[] = [];
    for await (const { index, result } of results) found[index] = result;
    expect(found).toMatchObject([{ text: 'a dog' }, { code: 'BAD_USER_INPUT' }]);
  });

  it('takes null for an option that is not given', async () => {
    expect(await clipgraph.embed(text, { model: null, normalize: null })).toMatchObject({
      isNormalized: true,
    });
    expect(await clipgraph.embed(text, null)).toMatchObject({ isNormalized: true });
  });
});

describe('a file that cannot be read', () => {
  const embed = (file: string) => clipgraph.embed({ image: { path: file } });
  it('is named as it was given', async () => {
    await expect(embed('nothing-here.jpg')).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      message: 'The file nothing-here.jpg cannot be read: there is none of this name.',
    });
    await expect(embed(folder)).rejects.toThrow(/it is a folder/);
  });

  (process.platform === 'win32' ? it.skip : it)('is a pipe or a device, and is not waited for', async () => {
    const pipe = path.join(folder, 'pipe.png');
    execFileSync('mkfifo', [pipe]);
    await expect(embed(pipe)).rejects.toThrow(/a pipe, a socket or a device/);
    const zero = path.join(folder, 'zero.png');
    symlinkSync('/dev/zero', zero);
    await expect(embed(zero)).rejects.toThrow(/a pipe, a socket or a device/);
  });
});

describe('what the library hands out', () => {
  it("is the caller's own: writing into it changes nobody's next answer", async () => {
    const cosine = async (): Promise<number> =>
      (await clipgraph.similarity(text, { text: 'a puppy' })).cosine;
    const before = await cosine();
    const [first, second] = await Promise.all([1, 2].map(() => clipgraph.embed(text, { normalize: false })));
    expect(first.vector).not.toBe(second.vector);
    first.vector.fill(0);
    const states = await clipgraph.tokenEmbeddings('a dog').catch(() => undefined);
    states?.states.fill(0);
    expect(await cosine()).toBe(before);
    expect((await clipgraph.embed(text, { normalize: false })).vector).toEqual(second.vector);
  });

  it('takes a vector as it was when it was handed in', async () => {
    const { vector } = await clipgraph.embed(text);
    const values = Float32Array.from(vector as Float32Array);
    const asked = clipgraph.similarity({ vector: { values } }, text);
    values.fill(1);
    expect((await asked).cosine).toBeCloseTo(1, 6);
  });

  it('is short as JSON, which takes the vector back', async () => {
    const embedding = await clipgraph.embed(text);
    const json = JSON.stringify(embedding);
    expect(json.length).toBeLessThan(embedding.vector.length * 8);
    expect(json).not.toMatch(/manifest|towers/);
    const { vector, checksum, dtype, model } = JSON.parse(json);
    expect(model).toBe('starter');
    const back = { vector: { values: vector, checksum, dtype } };
    expect((await clipgraph.similarity(text, back)).cosine).toBeCloseTo(1, 6);
  });

  it('has the failures of single candidates and labels beside the others', async () => {
    const matches = await clipgraph.rank(text, [
      { image: { path: 'none.png' } },
      text,
      { text: 'word '.repeat(99) },
    ]);
    expect([...matches]).toMatchObject([{ index: 1 }]);
    expect(matches.failures).toMatchObject([
      { index: 0, code: 'BAD_USER_INPUT' },
      { index: 2, code: 'TEXT_TOO_LONG' },
    ]);
    const labels = await clipgraph.classify(text, ['cat', 'dog '.repeat(99), 'dog']);
    expect(labels.map(({ label }: { label: string }) => label)).toEqual(['dog', 'cat']);
    expect(labels.failures).toMatchObject([{ index: 1, code: 'TEXT_TOO_LONG' }]);
  });
});
