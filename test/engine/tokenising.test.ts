import { askAtOnce } from '../../src/engine/index.js';
import { openInProcess, type InProcess } from './in-process.js';

let engine: InProcess;
beforeAll(async () => {
  engine = await openInProcess({ cache: { maxBytes: 0 } });
  const { signal } = new AbortController();
  await engine.embedder.tokenize('warm', undefined, { signal });
});
afterAll(() => engine.close());

/** The longest turn of the event loop while something goes on, in CPU milliseconds of this process. */
async function longestTurn(work: Promise<unknown>): Promise<{ longest: number; turns: number }> {
  const over = new AbortController();
  const stop = () => over.abort();
  work.then(stop, stop);
  let [longest, turns] = [0, 0];
  while (!over.signal.aborted) {
    const before = process.cpuUsage();
    await new Promise((resolve) => setImmediate(resolve));
    longest = Math.max(longest, process.cpuUsage(before).user / 1000);
    turns++;
  }
  return { longest, turns };
}

const word = (i: number): string => `${'abcdefghijklmnop'.repeat(2040)}${String.fromCharCode(97 + (i % 26))}`;

describe('tokenising', () => {
  it('gives way between slices, however many texts a request holds', async () => {
    const { signal } = new AbortController();
    const contents = Array.from({ length: 48 }, (_, i) => ({ text: word(i) }));
    const options = { truncate: true };
    const ask = askAtOnce(engine.embedder, options, { signal });
    await ask.embedEach(contents.slice(0, 4));
    const { longest, turns } = await longestTurn(ask.embedEach(contents));
    expect(turns).toBeGreaterThan(48);
    expect(longest).toBeLessThan(50);
  });

  it('lets requests take turns', async () => {
    const { signal } = new AbortController();
    const order: string[] = [];
    const flooding = {};
    const flood = Array.from({ length: 16 }, (_, i) =>
      engine.embedder
        .tokenize(word(i), undefined, { signal, group: flooding })
        .then(() => order.push('flood')),
    );
    const other = engine.embedder.tokenize('a dog', undefined, { signal, group: {} });
    void other.then(() => order.push('other'));
    await Promise.all([...flood, other]);
    expect(order.indexOf('other')).toBeLessThan(3);
  });

  it('does nothing for who has left', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const left = Array.from({ length: 200 }, (_, i) =>
      engine.embedder.tokenize(word(i), undefined, { signal }).catch((error: unknown) => error),
    );
    await new Promise((resolve) => setImmediate(resolve));
    const before = process.cpuUsage();
    controller.abort(new Error('gone'));
    expect(new Set(await Promise.all(left))).toEqual(new Set([new Error('gone')]));
    const { ids } = await engine.embedder.tokenize('a dog', undefined, new AbortController());
    expect(ids).toEqual([49406, 320, 1929, 49407]);
    // 200 of these words take seconds.
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(500);
  });
});
