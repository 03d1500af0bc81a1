import { createHash, webcrypto } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { parseConfig } from '../../src/config/index.js';
import { PictureBytes, type HeldBytes } from '../../src/engine/picture-bytes.js';
import type { ClipgraphError } from '../../src/errors/index.js';
import { ByteBudget, type ByteShare, type UrlFetcher } from '../../src/media/index.js';

const MB = 2 ** 20;
const picture = Buffer.alloc(3 * MB, 'clipgraph');
const base64 = picture.toString('base64');
const forever = new AbortController().signal;
setMaxListeners(0, forever);

/** Stands for the network: each fetch ends when it is told to. */
class Network {
  readonly fetched: string[] = [];
  readonly underWay = new Map<string, () => void>();

  async fetch(url: string, signal: AbortSignal, share: ByteShare): Promise<Uint8Array> {
    this.fetched.push(url);
    await new Promise<void>((resolve, reject) => {
      this.underWay.set(url, resolve);
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    }).finally(() => this.underWay.delete(url));
    share.take(picture.length);
    return picture;
  }
}

function setUp(maxBytes: number) {
  const budget = new ByteBudget(maxBytes);
  const network = new Network();
  const { limits } = parseConfig({});
  return {
    budget,
    network,
    pictures: new PictureBytes({ limits, urls: network as unknown as UrlFetcher, budget }),
  };
}

async function turns(): Promise<void> {
  for (let i = 0; i < 20; i++) await turn();
}

describe('bytes of pictures', () => {
  it('in base64 are decoded once for all contents of a request, and given back with the last of them', async () => {
    const { budget, pictures } = setUp(4 * MB);
    const scope = { signal: forever, group: {} };
    const held = await Promise.all(Array.from({ length: 64 }, () => pictures.hold({ base64 }, scope)));
    expect(new Set(held.map(({ bytes }) => bytes)).size).toBe(1);
    expect(Buffer.compare(held[0].bytes, picture)).toBe(0);
    expect(budget.bytes).toBe(picture.length);
    await expect(pictures.hold({ base64 }, { signal: forever, group: {} })).rejects.toMatchObject({
      code: 'OVERLOADED',
    });
    const [first, ...others] = held;
    for (const { release } of others) release();
    first.retain()();
    expect(budget.bytes).toBe(picture.length);
    first.release();
    first.release();
    expect(budget.bytes).toBe(0);
  });

  it('are hashed once for all contents of a request that name the same file', async () => {
    const { pictures } = setUp(8 * MB);
    const scope = { signal: forever, group: {} };
    const read = jest.fn(() => Promise.resolve(picture));
    const source = { read };
    const hash = jest.spyOn(webcrypto.subtle, 'digest');
    const held = await Promise.all([
      ...Array.from({ length: 64 }, () => pictures.hold(source, scope)),
      ...Array.from({ length: 64 }, () => pictures.hold({ base64 }, scope)),
    ]);
    const digests = await Promise.all(held.map(({ digest }) => digest()));
    expect(new Set(digests)).toEqual(new Set([createHash('sha256').update(picture).digest('hex')]));
    expect(read).toHaveBeenCalledTimes(1);
    expect(hash).toHaveBeenCalledTimes(2);
    for (const { release } of held) release();
    hash.mockRestore();
  });

  it('are hashed one after the other, since hashing copies them', async () => {
    const { pictures } = setUp(200 * MB);
    let underWay = 0;
    let most = 0;
    const digest = webcrypto.subtle.digest.bind(webcrypto.subtle);
    const hash = jest.spyOn(webcrypto.subtle, 'digest').mockImplementation(async (...args) => {
      most = Math.max(most, ++underWay);
      const made = await digest(...args);
      underWay--;
      return made;
    });
    const held = await Promise.all(
      Array.from({ length: 8 }, () => pictures.hold({ bytes: picture }, { signal: forever })),
    );
    await Promise.all(held.map(({ digest: digestOf }) => digestOf()));
    expect([hash.mock.calls.length, most]).toEqual([8, 1]);
    for (const { release } of held) release();
    hash.mockRestore();
  });

  it('are given back when they cannot be read, or when nobody waits any more', async () => {
    const { budget, pictures } = setUp(4 * MB);
    const failed = pictures.hold(
      { base64: `${base64.slice(0, -8)}#${base64.slice(-7)}` },
      { signal: forever },
    );
    await expect(failed).rejects.toMatchObject({ code: 'INVALID_BASE64' });
    expect(budget.bytes).toBe(0);
    const leaving = new AbortController();
    const left = pictures.hold({ base64 }, { signal: leaving.signal });
    leaving.abort(new Error('gone'));
    await expect(left).rejects.toThrow('gone');
    await turns();
    expect(budget.bytes).toBe(0);
  });

  it('of files and of arrays count as well', async () => {
    const { budget, pictures } = setUp(8 * MB);
    const held = await Promise.all([
      pictures.hold({ path: __filename }, { signal: forever }),
      pictures.hold({ bytes: picture }, { signal: forever }),
    ]);
    expect(budget.bytes).toBe(picture.length + held[0].bytes.length);
    for (const { release } of held) release();
    expect(budget.bytes).toBe(0);
  });

  it('are taken away, the newest first, when another client who holds less needs the room', async () => {
    const { budget, pictures } = setUp(8 * MB);
    const flood = { signal: forever, client: 'flood' };
    const [first, second] = await Promise.all(
      [{}, {}].map((group) => pictures.hold({ base64 }, { ...flood, group })),
    );
    await expect(pictures.hold({ base64 }, { ...flood, group: {} })).rejects.toMatchObject({
      code: 'OVERLOADED',
    });
    const third = await pictures.hold({ base64 }, { signal: forever, client: 'quiet' });
    expect([first, second, third].map(({ signal }) => signal.aborted)).toEqual([false, true, false]);
    expect(second.signal.reason).toMatchObject({ code: 'OVERLOADED' });
    await expect(second.digest()).rejects.toMatchObject({ code: 'OVERLOADED' });
    expect(budget.bytes).toBe(2 * picture.length);
    for (const { release } of [first, second, third]) release();
    expect(budget.bytes).toBe(0);
  });

  it('are taken away while they are being read, too', async () => {
    const { budget, pictures } = setUp(8 * MB);
    const flood = [{}, {}].map((group) =>
      pictures.hold({ base64 }, { signal: forever, client: 'flood', group }),
    );
    const refused = flood[1].catch((error: unknown) => error);
    await turns();
    const others = await Promise.all([
      pictures.hold({ bytes: picture }, { signal: forever, client: 'quiet' }),
      flood[0],
    ]);
    expect(((await refused) as ClipgraphError).code).toBe('OVERLOADED');
    for (const { release } of others) release();
    await turns();
    expect(budget.bytes).toBe(0);
  });

  it('by URL are fetched once, and a few at a time until they are released', async () => {
    const { budget, network, pictures } = setUp(100 * MB);
    const scope = { signal: forever, group: {} };
    const results: Promise<HeldBytes>[] = [];
    for (let i = 0; i < 20; i++) {
      for (let again = 0; again < 2; again++) results.push(pictures.hold({ url: `https://a/${i}` }, scope));
    }
    let most = 0;
    let released = 0;
    while (released < results.length) {
      await turns();
      for (const end of network.underWay.values()) end();
      await turns();
      most = Math.max(most, budget.bytes);
      const settled = await Promise.all(
        results.slice(released, released + 16).map((held) => Promise.race([held, turns()])),
      );
      for (const held of settled) held?.release();
      released += settled.filter((held) => held !== undefined).length;
    }
    expect(network.fetched).toHaveLength(20);
    expect(most).toBe(8 * picture.length);
    expect(budget.bytes).toBe(0);
  });

  it('by URL are not fetched for who has left', async () => {
    const { budget, network, pictures } = setUp(100 * MB);
    const leaving = new AbortController();
    setMaxListeners(0, leaving.signal);
    const scope = { signal: leaving.signal, group: {} };
    const all = Promise.allSettled(
      Array.from({ length: 20 }, (_, i) => pictures.hold({ url: `https://a/${i}` }, scope)),
    );
    await turns();
    leaving.abort(new Error('gone'));
    expect((await all).map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 'rejected'));
    await turns();
    expect(network.underWay.size).toBe(0);
    expect(network.fetched).toHaveLength(8);
    expect(budget.bytes).toBe(0);
  });
});
