import {
  askAtOnce,
  askClassify,
  askMatrix,
  askRank,
  askSimilarity,
  createAsk,
  embedPatiently,
  type Ask,
} from '../../src/engine/index.js';
import { openInProcess, settle, type InProcess } from './in-process.js';

let engine: InProcess;
beforeAll(async () => {
  engine = await openInProcess({ cache: { maxBytes: 0 } });
});
afterEach(() => engine.letGo());
afterAll(() => engine.close());

const TOO_LONG = { text: 'word '.repeat(99) };
const texts = (n: number, name: string) => Array.from({ length: n }, (_, i) => ({ text: `${name} ${i}` }));
const faces: [string, (signal?: AbortSignal) => Ask][] = [
  ['at once', (signal = new AbortController().signal) => askAtOnce(engine.embedder, {}, { signal })],
  [
    'patiently',
    (signal = new AbortController().signal) => createAsk(embedPatiently(engine.embedder, {}), signal),
  ],
];

describe.each(faces)('a question asked %s', (_, ask) => {
  it('gives the failures of candidates and labels in their places', async () => {
    const { matches, failures } = await askRank(ask(), { text: 'one' }, [
      { text: 'two' },
      TOO_LONG,
      { text: 'one' },
    ]);
    expect(matches.map(({ index }) => index)).toEqual([2, 0]);
    expect(failures).toMatchObject([{ index: 1, code: 'TEXT_TOO_LONG' }]);
    const labels = ['b', 'word '.repeat(99), 'a'];
    const answer = await askClassify(ask(), { text: 'photo a' }, labels, {
      template: 'photo {}',
      limits: engine.embedder.limits,
    });
    expect(answer.classifications[0]).toMatchObject({ index: 2, label: 'a', prompt: 'photo a' });
    expect(answer.failures).toMatchObject([{ index: 1, code: 'TEXT_TOO_LONG' }]);
  });

  it('says which content failed where all are needed', async () => {
    const at = (argument: string, index: number) => ({ code: 'TEXT_TOO_LONG', input: { argument, index } });
    await expect(askSimilarity(ask(), { text: 'a' }, TOO_LONG)).rejects.toMatchObject(at('b', 0));
    await expect(askRank(ask(), TOO_LONG, [{ text: 'a' }])).rejects.toMatchObject(at('query', 0));
    await expect(askMatrix(ask(), [{ text: 'a' }], [{ text: 'b' }, TOO_LONG])).rejects.toMatchObject(
      at('columns', 1),
    );
    const strict = { allOrNone: true };
    await expect(askRank(ask(), { text: 'a' }, [TOO_LONG], strict)).rejects.toMatchObject(
      at('candidates', 0),
    );
  });

  it.each<[string, (ask: Ask) => Promise<unknown>]>([
    ['a matrix', (face) => askMatrix(face, [TOO_LONG], texts(100, 'column'))],
    ['a query', (face) => askRank(face, TOO_LONG, texts(100, 'candidate'))],
    [
      'a blend',
      (face) =>
        face.embedAll([{ blend: [...texts(30, 'part'), TOO_LONG].map((content) => ({ content })) }], 'a'),
    ],
  ])('leaves nothing queued when it failed: %s', async (__, question) => {
    engine.hold();
    await expect(question(ask())).rejects.toMatchObject({ code: 'TEXT_TOO_LONG' });
    await settle();
    expect(engine.batcher.waiting).toBe(0);
    const begun = engine.sizes.length;
    engine.letGo();
    await settle();
    expect(engine.sizes.length).toBe(begun);
  });

  it('ends at once when nobody waits any more, and leaves nothing queued', async () => {
    engine.hold();
    const controller = new AbortController();
    const answer = askRank(ask(controller.signal), { text: 'q' }, texts(100, 'left'));
    await settle();
    expect(engine.batcher.waiting).toBeGreaterThan(0);
    controller.abort(new Error('gone'));
    await expect(answer).rejects.toThrow('gone');
    await settle();
    expect(engine.batcher.waiting).toBe(0);
  });
});
