import { setMaxListeners } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Batcher, type BatchRunner } from '../../src/runtime/batcher.js';
import type { TowerSource } from '../../src/runtime/contract.js';
import type { RunParams } from '../../src/runtime/wire.js';

const source: TowerSource = {
  key: 'text',
  kind: 'text',
  manifest: { model: 'test', input: 'input_ids', output: 'text_embeds', dimensions: 1, padding: { id: 0 } },
  graph: { path: 'unused' },
};

/** Takes batches and answers each when it is told to; says that a content took so many milliseconds. */
class SteppedRunner implements BatchRunner {
  readonly sizes: number[] = [];
  readonly #answers: (() => void)[] = [];
  constructor(private readonly eachMs: number) {}

  get underWay(): number {
    return this.#answers.length;
  }

  run({ batch }: RunParams) {
    this.sizes.push(batch.size);
    return new Promise<{ vectors: Float32Array; milliseconds: number }>((resolve) => {
      const milliseconds = batch.size * this.eachMs;
      this.#answers.push(() => {
        resolve({ vectors: new Float32Array(batch.size), milliseconds });
      });
    });
  }

  /** Answers the oldest, and lets what follows from it happen. */
  async step(): Promise<void> {
    this.#answers.shift()?.();
    for (let i = 0; i < 10; i++) await nextTurn();
  }
}

async function open({ eachMs, maxBatch = 64 }: { eachMs: number; maxBatch?: number }) {
  const runner = new SteppedRunner(eachMs);
  const batcher = new Batcher({ runners: [runner], maxBatch, maxQueue: 10_000 });
  const signal = new AbortController().signal;
  setMaxListeners(0, signal);
  const submit = (count: number, group: object = runner): void => {
    for (let i = 0; i < count; i++) {
      batcher
        .submit(source, { kind: 'text', ids: [i] }, { client: 'one', group, signal })
        .catch(() => undefined);
    }
  };
  // It learns how fast the tower is.
  submit(1);
  await nextTurn();
  await nextTurn();
  await runner.step();
  return { runner, submit };
}

describe('batches that are made while one runs', () => {
  it('are full ones, and two at the most', async () => {
    const { runner, submit } = await open({ eachMs: 0.1 });
    submit(64 * 2 * 4 + 10);
    for (let i = 0; i < 10; i++) await nextTurn();
    // Texts are taken for two batches at once, which run one after the other.
    expect(runner.underWay).toBe(3);
    expect(new Set(runner.sizes.slice(1))).toEqual(new Set([64]));
    while (runner.underWay > 0) {
      expect(runner.underWay).toBeLessThanOrEqual(3);
      await runner.step();
    }
    expect(runner.sizes.reduce((sum, size) => sum + size, 0)).toBe(1 + 64 * 8 + 10);
    // What was left over at the end ran when the runner had nothing else.
    expect(runner.sizes.at(-1)).toBeLessThanOrEqual(10);
  });

  it('are none of a tower so slow that others would wait for long', async () => {
    const { runner, submit } = await open({ eachMs: 30 });
    submit(100);
    for (let i = 0; i < 10; i++) await nextTurn();
    expect(runner.underWay).toBe(1);
  });

  it('are none of few contents, which more may join', async () => {
    const { runner, submit } = await open({ eachMs: 0.1 });
    submit(40);
    await nextTurn();
    await nextTurn();
    submit(40);
    for (let i = 0; i < 10; i++) await nextTurn();
    expect(runner.underWay).toBe(1);
  });
});
