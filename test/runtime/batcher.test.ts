import { setMaxListeners } from 'node:events';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { CLIP_NORMALIZATION } from '../../src/core/image/index.js';
import { Batcher, type BatchRunner, type PreparedContent } from '../../src/runtime/batcher.js';
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
const RAN = { milliseconds: 1, held: [] };

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

/** Its first batch waits until the gate is opened; remembers the batches and their signals. */
class GatedRunner implements BatchRunner {
  readonly batches: number[][] = [];
  readonly signals: AbortSignal[] = [];
  open: () => void = () => undefined;
  readonly #opened = new Promise<void>((resolve) => (this.open = resolve));

  async started(count: number): Promise<void> {
    while (this.batches.length < count) await nextTurn();
  }

  async run({ batch }: RunParams, signal: AbortSignal) {
    if (batch.kind !== 'text') throw new Error('only texts');
    const { ids, size, length } = batch;
    const firsts = Array.from({ length: size }, (_, row) => ids[row * length]);
    this.batches.push(firsts);
    this.signals.push(signal);
    await this.#opened;
    return { ...RAN, vectors: Float32Array.from(firsts) };
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
    const first = batcher.submit(source, text(1), { client: 'one', group, signal: never });
    await nextTurn();
    await nextTurn();
    const rest = [2, 3, 4].map((id) =>
      batcher.submit(source, text(id), { client: 'one', group, signal: never }),
    );
    const answers = await Promise.all([first, ...rest]);
    expect(answers.map(({ vector }) => vector[0])).toEqual([1, 2, 3, 4]);
    expect(runner.batches).toEqual([[1], [2, 3, 4]]);
  });

  it('pads texts to the longest of their batch and keeps their answers apart', async () => {
    const { batcher } = create();
    const texts = [text(1), text(2, 2, 2), text(3, 3)];
    const answers = await Promise.all(
      texts.map((t) => batcher.submit(source, t, { client: 'one', group: {}, signal: never })),
    );
    expect(answers.map(({ vector }) => vector[0])).toEqual([1, 2, 3]);
  });

  it('serves requests in turn, so that a large one delays a small one by at most two batches', async () => {
    const { runner, batcher } = create({ maxBatch: 4 });
    const large = {};
    const many = Array.from({ length: 40 }, (_, i) =>
      batcher.submit(source, text(100 + i), { client: 'one', group: large, signal: never }),
    );
    await nextTurn();
    await nextTurn();
    const one = batcher.submit(source, text(7), { client: 'one', group: {}, signal: never });
    await Promise.all([one, ...many]);
    expect(runner.batches.findIndex((batch) => batch.includes(7))).toBeLessThanOrEqual(2);
  });

  it('answers OVERLOADED as soon as the queue is full', async () => {
    const { batcher } = create({ maxQueue: 2 });
    const submit = (id: number) =>
      batcher.submit(source, text(id), { client: 'one', group: {}, signal: never });
    const kept = [submit(1), submit(2)];
    await expect(submit(3)).rejects.toMatchObject({ code: 'OVERLOADED' });
    await Promise.all(kept);
    await expect(submit(4)).resolves.toMatchObject({ vector: expect.anything() as unknown });
  });

  it('drops what was cancelled before it started', async () => {
    const { runner, batcher } = create();
    const busy = batcher.submit(source, text(1), { client: 'one', group: {}, signal: never });
    await nextTurn();
    await nextTurn();
    const controller = new AbortController();
    const cancelled = batcher.submit(source, text(2), {
      client: 'one',
      group: {},
      signal: controller.signal,
    });
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
      texts.map((t) => batcher.submit(source, t, { client: 'one', group: {}, signal: never })),
    );
    expect(answers.map(({ vector }) => vector[0])).toEqual([1, 2, 3, 4]);
    expect(runner.batches).toEqual([
      [2, 4],
      [3, 1],
    ]);
  });

  it('runs no batch of contents whose clients have all left, and keeps those who left out of the next', async () => {
    const gate = new GatedRunner();
    const batcher = new Batcher({ runners: [gate], maxBatch: 2, maxQueue: 100 });
    const clients = Array.from({ length: 7 }, () => new AbortController());
    const outcomes = clients.map(({ signal }, i) =>
      batcher
        .submit(source, text(...Array<number>(i + 1).fill(i + 1)), { client: 'one', group: {}, signal })
        .catch(() => 'left'),
    );
    await gate.started(1);
    // Of the pair that was taken together, one batch runs and one waits; the rest is in the queue.
    for (const i of [0, 1, 2, 3, 5]) clients[i].abort(new Error('left'));
    expect(gate.signals[0].aborted).toBe(true);
    gate.open();
    await Promise.all(outcomes);
    expect(gate.batches).toEqual([
      [1, 2],
      [5, 7],
    ]);
    expect(gate.signals[1].aborted).toBe(false);
  });

  it('is cancelled when the last of a batch leaves, and not before', async () => {
    const gate = new GatedRunner();
    const batcher = new Batcher({ runners: [gate], maxBatch: 4, maxQueue: 100 });
    const clients = [new AbortController(), new AbortController()];
    const outcomes = clients.map(({ signal }, i) =>
      batcher.submit(source, text(i + 1), { client: 'one', group: {}, signal }).catch(() => 'left'),
    );
    await gate.started(1);
    clients[0].abort(new Error('left'));
    expect(gate.signals[0].aborted).toBe(false);
    clients[1].abort(new Error('left'));
    expect(gate.signals[0].aborted).toBe(true);
    gate.open();
    expect(await Promise.all(outcomes)).toEqual(['left', 'left']);
  });

  it('asks before each second try who still waits', async () => {
    const tried: number[] = [];
    const clients = Array.from({ length: 5 }, () => new AbortController());
    const failing: BatchRunner = {
      run({ batch }) {
        tried.push(batch.size);
        if (batch.size === 1) for (const client of clients.slice(1)) client.abort(new Error('left'));
        return Promise.reject(new Error('crash'));
      },
    };
    const batcher = new Batcher({ runners: [failing], maxBatch: 8, maxQueue: 100 });
    const outcomes = await Promise.all(
      clients.map(({ signal }, i) =>
        batcher
          .submit(source, text(i), { client: 'one', group: {}, signal })
          .catch((error: unknown) => (error as Error).message),
      ),
    );
    expect(outcomes).toEqual(['crash', 'left', 'left', 'left', 'left']);
    expect(tried).toEqual([4, 1]);
  });

  it('fails the content that no batch can be made of, and goes on', async () => {
    const { batcher } = create();
    const picture = (bytes: number) =>
      ({ kind: 'image', crop: new Uint8Array(bytes), size: 2, normalization: CLIP_NORMALIZATION }) as const;
    const images: TowerSource = { ...source, kind: 'image' };
    const sums: BatchRunner = {
      run: ({ batch }) => Promise.resolve({ ...RAN, vectors: new Float32Array(batch.size) }),
    };
    const pictures = new Batcher({ runners: [sums], maxBatch: 8, maxQueue: 8 });
    const settled = await Promise.allSettled(
      [12, 11, 12].map((bytes) =>
        pictures.submit(images, picture(bytes), { client: 'one', group: {}, signal: never }),
      ),
    );
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    await expect(
      batcher.submit(source, text(1), { client: 'one', group: {}, signal: never }),
    ).resolves.toBeDefined();
  });

  it('joins only contents of one output, one padding and one size', async () => {
    const sizes: number[] = [];
    const counting: BatchRunner = {
      run({ batch }) {
        sizes.push(batch.kind === 'text' ? batch.length : batch.imageSize);
        return Promise.resolve({ ...RAN, vectors: new Float32Array(batch.size) });
      },
    };
    const batcher = new Batcher({ runners: [counting], maxBatch: 8, maxQueue: 8 });
    const { manifest } = source;
    const other = (change: Partial<TowerSource['manifest']>) => ({
      ...source,
      manifest: { ...manifest, ...change },
    });
    const picture = (size: number) => {
      const crop = new Uint8Array(size * size * 3);
      return { kind: 'image', crop, size, normalization: CLIP_NORMALIZATION } as const;
    };
    const images: TowerSource = { ...source, key: 'image', kind: 'image' };
    const submit = (from: TowerSource, content: PreparedContent) =>
      batcher.submit(from, content, { client: 'one', group: {}, signal: never });
    await Promise.all([
      submit(source, text(1)),
      submit(other({ padding: { id: 0, length: 7 } }), text(1)),
      submit(other({ padding: { id: 9 } }), text(1)),
      submit(other({ output: 'pooler_output' }), text(1)),
      submit(images, picture(8)),
      submit(images, picture(16)),
    ]);
    expect(sizes.sort((a, b) => a - b)).toEqual([1, 1, 1, 7, 8, 16]);
  });

  it('ends what waits and refuses what comes when it is closed', async () => {
    const gate = new GatedRunner();
    const batcher = new Batcher({ runners: [gate], maxBatch: 1, maxQueue: 100 });
    const running = batcher.submit(source, text(1), { client: 'one', group: {}, signal: never });
    await gate.started(1);
    const waiting = batcher.submit(source, text(2), { client: 'one', group: {}, signal: never });
    batcher.close(new Error('closed'));
    await expect(waiting).rejects.toThrow('closed');
    await expect(
      batcher.submit(source, text(3), { client: 'one', group: {}, signal: never }),
    ).rejects.toThrow('closed');
    gate.open();
    await expect(running).resolves.toMatchObject({ vector: Float32Array.of(1) });
    expect(gate.batches).toEqual([[1]]);
  });

  it('fails only the content that a batch failed on', async () => {
    const { batcher } = create();
    const settled = await Promise.allSettled(
      [1, POISON, 3].map((id) =>
        batcher.submit(source, text(id), { client: 'one', group: {}, signal: never }),
      ),
    );
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('lets a small request wait for little work beside several large ones', async () => {
    const sizes: number[] = [];
    let began: ((size: number) => void) | undefined;
    // Ten milliseconds each, as it says: nothing is timed.
    const runner: BatchRunner = {
      run: async ({ batch }) => {
        sizes.push(batch.size);
        began?.(sizes.length);
        await nextTurn();
        return { vectors: new Float32Array(batch.size), milliseconds: 10 * batch.size, held: [] };
      },
    };
    const batcher = new Batcher({ runners: [runner], maxBatch: 64, maxQueue: 1000 });
    const submit = (group: object) =>
      batcher.submit(source, text(1), { client: 'one', group, signal: never });
    const many = Array.from({ length: 4 }, () => ({})).flatMap((group) =>
      Array.from({ length: 60 }, () => submit(group)),
    );
    // Once the pace is known, and a batch has just begun.
    await new Promise<void>((resolve) => {
      began = (count) => {
        if (count === 5) resolve();
      };
    });
    const before = sizes.length - 1;
    await submit({});
    const waitedFor = sizes.slice(before).reduce((sum, size) => sum + 10 * size, 0);
    // The batch that ran, its own, and perhaps one that began while its answer was on the way.
    expect(waitedFor).toBeLessThanOrEqual(150);
    await Promise.all(many);
  });

  it('fills a batch client by client, whatever the requests of each', async () => {
    const gate = new GatedRunner();
    const batcher = new Batcher({ runners: [gate], maxBatch: 4, maxQueue: 1000 });
    const submit = (client: string, id: number) =>
      batcher.submit(source, text(id), { client, group: {}, signal: never });
    const flood = Array.from({ length: 300 }, (_, i) => submit('flood', 100 + i));
    await gate.started(1);
    const others = [submit('a', 1), submit('b', 2)];
    gate.open();
    await Promise.all(others);
    // Those that were taken before, and then one with each of the others.
    const [, , third] = gate.batches;
    expect(third).toEqual(expect.arrayContaining([1, 2]));
    await Promise.all(flood);
  });

  it('refuses the newest of a client that fills the queue, so that another one has room', async () => {
    const gate = new GatedRunner();
    const batcher = new Batcher({ runners: [gate], maxBatch: 4, maxQueue: 20 });
    const images: TowerSource = { ...source, key: 'image', kind: 'image' };
    const crop = new Uint8Array(12);
    const picture = { kind: 'image', crop, size: 2, normalization: CLIP_NORMALIZATION } as const;
    const outcome = (answer: Promise<unknown>) =>
      answer.then(
        () => 'answered',
        (error: unknown) => (error as { code: string }).code,
      );
    const flood = Array.from({ length: 29 }, (_, i) => {
      const turn = { client: 'flood', group: {}, signal: never };
      return outcome(batcher.submit(source, text(i + 1), turn));
    });
    expect(batcher.waiting).toBe(20);
    await gate.started(1);
    const more = Array.from({ length: 8 }, (_, i) =>
      outcome(batcher.submit(source, text(50 + i), { client: 'flood', group: {}, signal: never })),
    );
    expect(batcher.waiting).toBe(20);
    void outcome(batcher.submit(images, picture, { client: 'quiet', group: {}, signal: never }));
    expect(batcher.waiting).toBe(20);
    // The twenty that had room, and the eight that came when a pair of batches had been taken, but the last of those.
    expect(await Promise.all([...flood.slice(20), more[7]])).toEqual(Array(10).fill('OVERLOADED'));
    batcher.close(new Error('closed'));
    gate.open();
  });

  it('cuts batches to twice what a content takes alone, or 10 ms, while several clients ask', async () => {
    const sizes: number[] = [];
    const pace = { alone: 1, each: 1 };
    const runner: BatchRunner = {
      run: async ({ batch }) => {
        sizes.push(batch.size);
        await nextTurn();
        const milliseconds = pace.alone + (batch.size - 1) * pace.each;
        return { vectors: new Float32Array(batch.size), milliseconds };
      },
    };
    const batcher = new Batcher({ runners: [runner], maxBatch: 64, maxQueue: 1000 });
    const submit = (client: string) => batcher.submit(source, text(1), { client, group: {}, signal: never });
    const flood = () => Promise.all(Array.from({ length: 400 }, () => submit('flood')));
    const largest = async (work: Promise<unknown>) => {
      sizes.length = 0;
      await work;
      return Math.max(...sizes);
    };
    expect(await largest(flood())).toBeGreaterThan(10); // Alone it may.
    await submit('quiet');
    expect(await largest(flood())).toBe(10);
    // A runtime on which nearly all of a batch's time is its first content's.
    Object.assign(pace, { alone: 30, each: 0.1 });
    for (let i = 0; i < 20; i++) await submit(i % 2 === 0 ? 'quiet' : 'flood');
    expect(await largest(flood())).toBeGreaterThan(40);
  });

  it('sorts and fills batches of one request alone', async () => {
    const { runner, batcher } = create({ milliseconds: 1, maxBatch: 8 });
    const group = {};
    await Promise.all(
      Array.from({ length: 36 }, (_, i) =>
        batcher.submit(source, text(i), { client: 'one', group, signal: never }),
      ),
    );
    expect(runner.batches.map((batch) => batch.length)).toEqual([4, 4, 8, 8, 8, 4]);
  });

  it('cuts batches to its time budget once it knows the pace', async () => {
    const runner = new RecordingRunner(100);
    const batcher = new Batcher({ runners: [runner], maxBatch: 16, maxQueue: 100, batchBudgetMs: 100 });
    await batcher.submit(source, text(0), { client: 'one', group: {}, signal: never }); // 100 ms each
    await Promise.all(
      [1, 2, 3].map((id) => batcher.submit(source, text(id), { client: 'one', group: {}, signal: never })),
    );
    expect(runner.batches).toEqual([[0], [1], [2], [3]]);
  });
});
