import { getEventListeners } from 'node:events';
import path from 'node:path';
import { ClipgraphError, createClipgraph, type Clipgraph } from '../../src/index.js';
import { EXAMPLES_FOLDER } from '../../src/media/index.js';

let clipgraph: Clipgraph;
beforeAll(async () => {
  clipgraph = await createClipgraph({ limits: { maxInputs: 2 } });
});
afterAll(() => clipgraph.close());

const dog = { image: { path: path.join(EXAMPLES_FOLDER, 'dog.png') } };

describe('createClipgraph', () => {
  it('answers what the server answers', async () => {
    const { cosine, a, b } = await clipgraph.similarity({ text: 'a dog' }, dog);
    expect(cosine).toBeCloseTo(0.5912, 4);
    expect([a.vector.length, a.runtime?.name, b.modality]).toEqual([384, 'cpu', 'IMAGE']);
    const { cosine: rows } = await clipgraph.similarityMatrix([{ text: 'a dog' }, dog], [dog]);
    expect(rows[0][0]).toBe(cosine);
    const matches = await clipgraph.rank(dog, [{ text: 'a city' }, { text: 'a dog' }]);
    expect(matches.map(({ index }) => index)).toEqual([1, 0]);
    const [best] = await clipgraph.classify(dog, ['car', 'dog'], { template: 'a {}' });
    expect(best).toMatchObject({ index: 1, label: 'dog', prompt: 'a dog' });
    expect((await clipgraph.tokenize('a dog')).ids).toEqual([49406, 320, 1929, 49407]);
    expect(clipgraph.models().map(({ id }) => id)).toEqual(['starter']);
    expect(await clipgraph.runtimes()).toContainEqual(expect.objectContaining({ name: 'cpu', ready: true }));
  });

  it('takes more contents than a request may hold', async () => {
    const candidates = Array.from({ length: 300 }, (_, i) => ({ text: `candidate ${i}` }));
    expect(await clipgraph.rank({ text: 'candidate 7' }, candidates)).toHaveLength(300);
    async function* contents() {
      for (const candidate of candidates) yield await Promise.resolve(candidate);
    }
    const seen: number[] = [];
    for await (const { index } of clipgraph.embedStream(contents())) {
      seen.push(index);
      if (seen.length === 50) break;
    }
    expect(new Set(seen).size).toBe(50);
  });

  it('fails with coded errors that say which content is at fault', async () => {
    await expect(clipgraph.embed({ text: 'dog '.repeat(100) })).rejects.toThrow(ClipgraphError);
    await expect(
      clipgraph.similarityMatrix([{ text: 'a' }, { image: { path: 'nothing.jpg' } }], [{ text: 'a' }]),
    ).rejects.toMatchObject({ code: 'BAD_USER_INPUT', input: { argument: 'rows', index: 1 } });
    await expect(createClipgraph({ limits: { maxInput: 1 } } as object)).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringContaining('Did you mean maxInputs?'),
    });
    await expect(createClipgraph({ model: 'nowhere' })).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
  });

  it('stops when it is told to', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(clipgraph.embed({ text: 'never seen' }, { signal })).rejects.toThrow('enough');
  });

  it('listens once to a signal, however many calls it is given to', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const embed = (text: string) => clipgraph.embed({ text }, { signal });
    await Promise.all(Array.from({ length: 20 }, (_, i) => embed(`one of many ${i}`)));
    const calls = Promise.allSettled(Array.from({ length: 20 }, (_, i) => embed(`stopped ${i}`)));
    const listeners = getEventListeners(signal, 'abort');
    controller.abort(new Error('enough'));
    expect(listeners).toHaveLength(1);
    const reasons = (await calls).map((call) => call.status === 'rejected' && String(call.reason));
    expect(new Set(reasons)).toEqual(new Set(['Error: enough']));
  });
});

describe('the real CLIP ViT-L/14', () => {
  const folder = process.env.OPENAI_CLIP_L14;
  const name = 'gives 0.9177 for "a dog" and "a cat", in 768 numbers';
  if (folder === undefined) {
    it.skip(`${name} (skipped: OPENAI_CLIP_L14 names no folder with it)`, () => undefined);
    return;
  }
  it(name, async () => {
    const real = await createClipgraph({ model: folder });
    try {
      const { cosine, a } = await real.similarity({ text: 'a dog' }, { text: 'a cat' });
      expect([1, a.vector.length]).toEqual([1, 768]);
      expect(Math.abs(cosine - 0.9177)).toBeLessThan(0.0005);
    } finally {
      await real.close();
    }
  });
});
