import { setMaxListeners } from 'node:events';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { Batcher, type BatchRunner } from '../../src/runtime/batcher.js';
import type { TowerSource } from '../../src/runtime/contract.js';
import type { RunParams } from '../../src/runtime/wire.js';

const source: TowerSource = {
  key: 'text',
  kind: 'text',
  manifest: { model: 'test', input: 'input_ids', output: 'text_embeds', dimensions: 1, padding: { id: 0 } },
  graph: { path: 'unused' },
};
const text = (...ids: number[]) => ({ kind: 'text', ids }) as const;
const never = new AbortController().signal;
setMaxListeners(0, never);

const POISON = 666;

/** Answers each text with its first id, but fails for one; remembers the batches. */
class RecordingRunner implements BatchRunner {
  readonly batches: number[][] = [];
  constructor(private readonly milliseconds: number) {}

  async run({ batch }: RunParams) {
    if (batch.kind !== 'text') throw new Error('only texts');
    const { ids, size, length } = batch;
    const firsts = Array.from({ length: size }, (_, row) => ids[row * length]);
    if (firsts.includes(POISON)) throw new Error('poison');
    this.batches.push(firsts);
    await delay(this.milliseconds);
    return { vectors: Float32Array.from(firsts), milliseconds: this.milliseconds, held: [] };
  }
}

function create({ milliseconds = 5, maxBatch = 8, maxQueue = 100 } = {}) {
  const runner = new RecordingRunner(milliseconds);
  return { runner, batcher: new Batcher({ runners: [runner], maxBatch, maxQueue }) };
}

describe('the batcher', () => {
  it('starts at once when idle, and gathers what arrives while it is busy', async () => {
    const { runner, batcher } = create();
    const group = {};
    const first = batcher.submit(source, text(1), { group, signal: never });
    await nextTurn();
    await nextTurn();
    const rest = [2, 3, 4].map((id) => batcher.submit(source, text(id), { group, signal: never }));
    const answers = await Promise.all([first, ...rest]);
    expect(answers.map(({ vector }) => vector[0])).toEqual([1, 2, 3, 4]);
    expect(runner.batches).toEqual([[1], [2, 3, 4]]);
  });

  it('pads texts to the longest of their batch and keeps their answers apart', async () => {
    const { batcher } = create();
    const texts = [text(1), text(2, 2, 2), text(3, 3)];
    const answers = await Promise.all(
      texts.map((t) => batcher.submit(source, t, { group: {}, signal: never })),
    );
    expect(answers.map(({ vector }) => vector[0])).toEqual([1, 2, 3]);
  });

  it('serves requests in turn, so that a large one delays a small one by at most two batches', async () => {
    const { runner, batcher } = create({ maxBatch: 4 });
    const large = {};
    const many = Array.from({ length: 40 }, (_, i) =>
      batcher.submit(source, text(100 + i), { group: large, signal: never }),
    );
    await nextTurn();
    await nextTurn();
    const one = batcher.submit(source, text(7), { group: {}, signal: never });
    await Promise.all([one, ...many]);
    expect(runner.batches.findIndex((batch) => batch.includes(7))).toBeLessThanOrEqual(2);
  });

  it('answers OVERLOADED as soon as the queue is full', async () => {
    const { batcher } = create({ maxQueue: 2 });
    const submit = (id: number) => batcher.submit(source, text(id), { group: {}, signal: never });
    const kept = [submit(1), submit(2)];
    await expect(submit(3)).rejects.toMatchObject({ code: 'OVERLOADED' });
    await Promise.all(kept);
    await expect(submit(4)).resolves.toMatchObject({ vector: expect.anything() as unknown });
  });

  it('drops what was cancelled before it started', async () => {
    const { runner, batcher } = create();
    const busy = batcher.submit(source, text(1), { group: {}, signal: never });
    await nextTurn();
    await nextTurn();
    const controller = new AbortController();
    const cancelled = batcher.submit(source, text(2), { group: {}, signal: controller.signal });
    controller.abort(new Error('gone'));
    await expect(cancelled).rejects.toThrow('gone');
    await busy;
    await nextTurn();
    expect(runner.batches).toEqual([[1]]);
    expect(batcher.waiting).toBe(0);
  });

  it('keeps texts of similar length together', async () => {
    const { runner, batcher } = create({ maxBatch: 2 });
    const texts = [text(1, 1, 1, 1), text(2), text(3, 3, 3), text(4, 4)];
    const answers = await Promise.all(
      texts.map((t) => batcher.submit(source, t, { group: {}, signal: never })),
    );
    expect(answers.map(({ vector }) => vector[0])).toEqual([1, 2, 3, 4]);
    expect(runner.batches).toEqual([
      [2, 4],
      [3, 1],
    ]);
  });

  it('fails only the content that a batch failed on', async () => {
    const { batcher } = create();
    const settled = await Promise.allSettled(
      [1, POISON, 3].map((id) => batcher.submit(source, text(id), { group: {}, signal: never })),
    );
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('cuts batches to its time budget once it knows the pace', async () => {
    const runner = new RecordingRunner(100);
    const batcher = new Batcher({ runners: [runner], maxBatch: 16, maxQueue: 100, batchBudgetMs: 100 });
    await batcher.submit(source, text(0), { group: {}, signal: never }); // 100 ms each
    await Promise.all([1, 2, 3].map((id) => batcher.submit(source, text(id), { group: {}, signal: never })));
    expect(runner.batches).toEqual([[0], [1], [2], [3]]);
  });
});
