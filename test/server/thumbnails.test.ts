import sharp from 'sharp';
import type { ConfigInput } from '../../src/config/index.js';
import { AddItemsDocument } from '../generated/client.js';
import { inMemory } from '../in-memory-store.js';
import { runServer, type RunningServer } from '../running-server.js';

const KEY = 'the same for all servers that share a store';
const store = inMemory();
const start = (more: ConfigInput = {}): Promise<RunningServer> =>
  runServer({ ...store, auth: { tokens: [{ token: 'boss', scopes: ['admin'] }] }, ...more });
const AS_BOSS = { authorization: 'Bearer boss' };

/** A photograph that says where it was taken, and lies on its side. */
const photograph = (): Promise<Buffer> =>
  sharp({ create: { width: 1000, height: 400, channels: 3, background: '#a03020' } })
    .withExif({ IFD0: { Make: 'Secret Camera', Artist: 'Somebody' } })
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer();

let server: RunningServer;
beforeAll(async () => {
  server = await start({ server: { signingKey: KEY } });
});
afterAll(() => server.close());

async function add(collection: string, id: string, base64: string): Promise<void> {
  const variables = { collection, items: [{ id, content: { image: { base64 } } }] };
  const { data } = await server.post(AddItemsDocument.toString(), variables, AS_BOSS);
  expect(data!.addItems).toMatchObject([{ item: { id } }]);
}
const create = (name: string, thumbnails: boolean) =>
  server.post(
    `mutation { createCollection(input: {name: "${name}", thumbnails: ${thumbnails}}) { name } }`,
    {},
    AS_BOSS,
  );
const addressOf = async (collection: string, id: string): Promise<string> => {
  const query = 'query ($c: ID!, $id: ID!) { item(collection: $c, id: $id) { thumbnail } }';
  const { data } = await server.post(query, { c: collection, id }, AS_BOSS);
  return (data!.item as { thumbnail: string }).thumbnail;
};
const status = async (address: string, at = server): Promise<number> =>
  (await fetch(at.url + address)).status;

describe('small pictures', () => {
  it('are WebP of 320 pixels at most, upright, without what a camera wrote beside the pixels', async () => {
    await create('photos', true);
    await add('photos', '../ä?', (await photograph()).toString('base64'));
    const address = await addressOf('photos', '../ä?');
    expect(address).toMatch(/^\/collections\/photos\/items\/[\w-]+\/thumbnail\?/);
    const response = await fetch(server.url + address); // Without a token.
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('image/webp');
    expect(response.headers.get('cache-control')).toMatch(/^private, max-age=\d{4}$/);
    const bytes = Buffer.from(await response.arrayBuffer());
    const metadata = await sharp(bytes).metadata();
    expect(metadata).toMatchObject({ format: 'webp', width: 128, height: 320 });
    expect([metadata.exif, metadata.icc, metadata.xmp]).toEqual([undefined, undefined, undefined]);
    expect(bytes.includes('Secret')).toBe(false);
    const { data } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
    expect(Math.abs(data[0] - 0xa0)).toBeLessThan(8);
  });

  it('keep the size of a picture that is smaller, and of texts and where none are kept there is none', async () => {
    const small = await sharp({ create: { width: 30, height: 20, channels: 4, background: '#0000' } })
      .png()
      .toBuffer();
    await add('photos', 'small', small.toString('base64'));
    const response = await fetch(server.url + (await addressOf('photos', 'small')));
    expect(await sharp(Buffer.from(await response.arrayBuffer())).metadata()).toMatchObject({
      width: 30,
      height: 20,
    });
    await create('plain', false);
    await add('plain', 'small', small.toString('base64'));
    expect(await addressOf('plain', 'small')).toBeNull();
  });

  it('are for who has the address, as long as it is good and the picture is there', async () => {
    await create('gone', true);
    const [one, other] = await Promise.all(
      ['#123456', '#654321'].map(async (background) =>
        (
          await sharp({ create: { width: 40, height: 40, channels: 3, background } })
            .png()
            .toBuffer()
        ).toString('base64'),
      ),
    );
    await add('gone', 'a', one);
    const address = await addressOf('gone', 'a');
    expect(await status(address)).toBe(200);
    const change = (from: RegExp, to: string) => address.replace(from, to);
    for (const wrong of [
      change(/expires=\d+/, `expires=${Date.now() + 1e9}`),
      address.replace(/signature=(.)/, (_, first) => `signature=${first === '-' ? '_' : '-'}`),
      change(/&signature=.*/, ''),
      change(/gone/, 'photos'),
      change(/hash=./, 'hash=x'),
      change(/items\/\w+/, 'items/Yg'),
    ]) {
      expect(await status(wrong)).toBe(403);
    }
    jest.useFakeTimers({ now: Date.now() + 3 * 3_600_000, doNotFake: ['setTimeout', 'setInterval', 'setImmediate', 'nextTick', 'performance', 'queueMicrotask'] }); // prettier-ignore
    expect(await status(address)).toBe(403);
    jest.useRealTimers();

    await add('gone', 'a', other);
    expect(await status(address)).toBe(404); // It was the address of another picture.
    const now = await addressOf('gone', 'a');
    await server.post('mutation { removeItems(collection: "gone", ids: ["a"]) }', {}, AS_BOSS);
    expect(await status(now)).toBe(404);
    await server.post('mutation { deleteCollection(name: "gone") }', {}, AS_BOSS);
    expect(await status(now)).toBe(404);
  });

  it('have addresses that servers with the same key agree on, and others do not', async () => {
    const address = await addressOf('photos', 'small');
    const [same, another] = await Promise.all([start({ server: { signingKey: KEY } }), start()]);
    try {
      expect(await status(address, same)).toBe(200);
      expect(await status(address, another)).toBe(403);
    } finally {
      await Promise.all([same.close(), another.close()]);
    }
  });
});
