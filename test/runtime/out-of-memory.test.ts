import path from 'node:path';
import { setMaxListeners } from 'node:events';
import { ClipgraphError } from '../../src/errors/index.js';
import { Batcher, type BatchRunner } from '../../src/runtime/batcher.js';
import type { TowerSource } from '../../src/runtime/contract.js';
import { RuntimeHost } from '../../src/runtime/host.js';
import type { RunParams } from '../../src/runtime/wire.js';

const source: TowerSource = {
  key: 'text',
  kind: 'text',
  manifest: { model: 'test', input: 'input_ids', output: 'text_embeds', dimensions: 1, padding: { id: 0 } },
  graph: { path: 'unused' },
};

/** Has memory for so many contents at a time. */
class SmallRunner implements BatchRunner {
  readonly sizes: number[] = [];
  constructor(private readonly most: number) {}

  run({ batch }: RunParams): ReturnType<BatchRunner['run']> {
    this.sizes.push(batch.size);
    if (batch.size > this.most) return Promise.reject(new ClipgraphError('OUT_OF_MEMORY', 'It is full.'));
    const firsts = batch.kind === 'text' ? batch.ids.filter((_, i) => i % batch.length === 0) : [];
    return Promise.resolve({ vectors: Float32Array.from(firsts), milliseconds: 1 });
  }
}

describe('a batch for which there is not enough memory', () => {
  const submitAll = async (most: number) => {
    const runner = new SmallRunner(most);
    const batcher = new Batcher({ runners: [runner], maxBatch: 64, maxQueue: 1000 });
    const { signal } = new AbortController();
    setMaxListeners(0, signal);
    const turn = { client: 'one', group: runner, signal };
    const submit = (count: number) =>
      Promise.allSettled(
        Array.from({ length: count }, (_, i) => batcher.submit(source, { kind: 'text', ids: [i] }, turn)),
      );
    await submit(1); // It learns how fast the tower is.
    runner.sizes.length = 0;
    return { first: await submit(32), sizesOfFirst: [...runner.sizes], second: await submit(32), runner };
  };

  it('is tried in halves until it fits, and the next ones are of that size', async () => {
    const { first, second, sizesOfFirst, runner } = await submitAll(9);
    for (const settled of [first, second]) {
      const vectors = settled.map((outcome) =>
        outcome.status === 'fulfilled' ? outcome.value.vector[0] : NaN,
      );
      expect(vectors).toEqual(Array.from({ length: 32 }, (_, i) => i));
    }
    expect(sizesOfFirst).toEqual([32, 16, 8, 8, 16, 8, 8]);
    expect(Math.max(...runner.sizes.slice(sizesOfFirst.length))).toBe(8);
  });

  it('is given up when there is none for one content', async () => {
    const runner = new SmallRunner(0);
    const batcher = new Batcher({ runners: [runner], maxBatch: 4, maxQueue: 100 });
    const turn = { client: 'one', group: runner, signal: new AbortController().signal };
    const work = [1, 2, 3].map((id) => batcher.submit(source, { kind: 'text', ids: [id] }, turn));
    for (const outcome of await Promise.allSettled(work)) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'OUT_OF_MEMORY' } });
    }
    expect(runner.sizes).toEqual([3, 2, 1, 1, 1]);
  });

  it('is said to be one by the worker, with what was asked for', async () => {
    const log = { info: () => undefined, warn: () => undefined, debug: () => undefined };
    const module = { specifier: path.join(__dirname, '..', 'faulty'), from: __dirname };
    const options = { always: 'has memory for one' };
    const host = new RuntimeHost({ name: 'faulty', module, options, log, watchdogMs: 60_000 });
    try {
      const run = (size: number) => {
        const batch = {
          kind: 'text',
          ids: new Int32Array(size),
          lengths: Array<number>(size).fill(1),
          size,
          length: 1,
        } as const;
        const manifest = { ...source.manifest, dimensions: 384 };
        return host.run({ source: { ...source, manifest }, batch }, new AbortController().signal);
      };
      await expect(run(2)).rejects.toMatchObject({
        code: 'OUT_OF_MEMORY',
        message:
          'There is not enough memory to run 2 texts through test; 3072 MB more were asked for. End what else uses it, or let workers hold fewer towers (memory.maxModelBytes).',
      });
      await expect(run(1)).resolves.toMatchObject({ milliseconds: expect.any(Number) });
    } finally {
      await host.close();
    }
  });
});
