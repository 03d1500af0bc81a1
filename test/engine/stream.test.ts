import { setTimeout as delay } from 'node:timers/promises';
import { embedStream, type Content, type StreamedResult } from '../../src/engine/index.js';
import { openInProcess, settle, type InProcess } from './in-process.js';

let engine: InProcess;
beforeAll(async () => {
  engine = await openInProcess({ cache: { maxBytes: 0 } });
});
afterEach(() => engine.letGo());
afterAll(() => engine.close());

const never = (): AbortSignal => new AbortController().signal;
const stream = (contents: Iterable<Content> | AsyncIterable<Content>, signal = never()) =>
  embedStream(engine.embedder, contents, {}, { signal });

/** A source that hands out a content when it is told to, and remembers what became of it. */
function byHand() {
  const seen = { asked: 0, returned: false };
  const waiting: ((result: IteratorResult<Content, undefined>) => void)[] = [];
  const source: AsyncIterable<Content> = {
    [Symbol.asyncIterator]: () => ({
      next: () => {
        seen.asked++;
        return new Promise((resolve) => waiting.push(resolve));
      },
      return: () => {
        seen.returned = true;
        return new Promise<never>(() => undefined); // Its next() never comes, and so neither does this.
      },
    }),
  };
  return {
    source,
    seen,
    give: (text: string) => waiting.shift()!({ done: false, value: { text } }),
    end: () => waiting.shift()!({ done: true, value: undefined }),
  };
}

describe('embedStream', () => {
  it('gives a result as soon as it is ready, while the source has not answered', async () => {
    const { source, give, end, seen } = byHand();
    const results = stream(source);
    const first = results.next();
    await settle();
    give('one');
    expect((await first).value).toMatchObject({ index: 0, result: { text: 'one' } });
    expect(seen.asked).toBe(2);
    const second = results.next();
    give('two');
    expect((await second).value).toMatchObject({ index: 1, result: { text: 'two' } });
    const last = results.next();
    end();
    expect(await last).toEqual({ done: true, value: undefined });
    expect(await results.next()).toEqual({ done: true, value: undefined });
    expect(seen.returned).toBe(false);
  });

  it('takes a source that waits for each answer', async () => {
    let answered: (text: string) => void = () => undefined;
    async function* conversation() {
      let text = 'hello';
      for (let turns = 0; turns < 3; turns++) {
        yield { text };
        text = await new Promise<string>((resolve) => (answered = resolve));
      }
    }
    const texts: string[] = [];
    for await (const { result } of stream(conversation())) {
      texts.push((result as { text: string }).text);
      answered(`${texts.at(-1)}, and again`);
      await settle(1);
    }
    expect(texts).toEqual(['hello', 'hello, and again', 'hello, and again, and again']);
  });

  it('ends at once when its reader does, even while the source is silent', async () => {
    const { source, seen } = byHand();
    const results = stream(source);
    const waiting = results.next();
    await settle();
    expect(await results.return!()).toEqual({ done: true, value: undefined });
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(seen.returned).toBe(true);
  });

  it('notices an abort while it waits for the source, and starts nothing after it', async () => {
    const { source, give, seen } = byHand();
    const controller = new AbortController();
    const before = engine.sizes.length;
    const results = stream(source, controller.signal);
    const waiting = results.next();
    await settle();
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    expect(seen.returned).toBe(true);
    give('too late');
    await settle();
    expect(engine.sizes.length).toBe(before);
    expect(await results.next()).toEqual({ done: true, value: undefined });
  });

  it('does nothing for a signal that was aborted before', async () => {
    const { source, seen } = byHand();
    const results = stream(source, AbortSignal.abort(new Error('before')));
    await expect(results.next()).rejects.toThrow('before');
    expect(seen.asked).toBe(0);
  });

  it('leaves nothing queued when its reader stops in the middle', async () => {
    engine.hold();
    const source = Array.from({ length: 500 }, (_, i) => ({ text: `left ${i}` }));
    const results = stream(source);
    const first = results.next();
    await settle(50);
    expect(engine.batcher.waiting).toBeGreaterThan(0);
    await results.return!();
    expect(await first).toEqual({ done: true, value: undefined });
    await settle();
    expect(engine.batcher.waiting).toBe(0);
  });

  it('passes on what the source throws, once, after the results that are ready', async () => {
    async function* failing() {
      yield { text: 'good' };
      await delay(50);
      throw new Error('no more disk');
    }
    const seen: StreamedResult[] = [];
    const results = stream(failing());
    await expect(
      (async () => {
        for await (const result of results) seen.push(result);
      })(),
    ).rejects.toThrow('no more disk');
    expect(seen).toHaveLength(1);
  });

  it('puts the failure of a content into its place and goes on', async () => {
    const contents = [{ text: 'word '.repeat(100) }, { text: 'fine' }];
    const found: Record<number, unknown> = {};
    for await (const { index, result } of stream(contents)) found[index] = result;
    expect(found).toMatchObject({ 0: { code: 'TEXT_TOO_LONG' }, 1: { text: 'fine' } });
  });

  it('answers several next() at once, and all contents once', async () => {
    const results = stream(Array.from({ length: 10 }, (_, i) => ({ text: `side by side ${i}` })));
    const all = await Promise.all(Array.from({ length: 12 }, () => results.next()));
    const indices = all.flatMap(({ done, value }) => (done === true ? [] : [value.index]));
    expect(indices.sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(all.filter(({ done }) => done)).toHaveLength(2);
  });

  it('never takes more from its source than may be under way, however slowly it is read', async () => {
    let taken = 0;
    function* contents() {
      for (; taken < 1000; taken++) yield { text: `counted ${taken}` };
    }
    const results = stream(contents());
    await results.next();
    await delay(100);
    expect(taken).toBeLessThanOrEqual(66);
    for (let i = 0; i < 100; i++) await results.next();
    await delay(100);
    expect(taken).toBeLessThanOrEqual(166);
    await results.return!();
  });

  it('embeds 20,000 texts one after the other and holds none of them', async () => {
    let alive = 0;
    const registry = new FinalizationRegistry(() => alive--);
    function* contents() {
      for (let i = 0; i < 20_000; i++) {
        const content = { text: `number ${i}` };
        alive++;
        registry.register(content, undefined);
        yield content;
      }
    }
    let count = 0;
    let most = 0;
    for await (const { result } of stream(contents())) {
      expect('vector' in result).toBe(true);
      if (++count % 5000 === 0) {
        globalThis.gc?.();
        await settle(3);
        most = Math.max(most, alive);
      }
    }
    expect(count).toBe(20_000);
    if (globalThis.gc !== undefined) expect(most).toBeLessThan(2000);
  });
});
