import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createClipgraph } from '../../src/index.js';
import { Hub, parseHubReference, verifySnapshot, type PullProgress } from '../../src/models/index.js';
import { checkSpace } from '../../src/models/hub/download.js';
import type { HubReference } from '../../src/models/hub/names.js';
import { commitOf, gitSha1, HubServer, sha256, TOKEN, type HubRepository } from './hub-server.js';
import { tinyClip } from './models.js';

const MEGABYTE = 2 ** 20;
const SMALL = tinyClip();
/** Weights of three pieces. */
const LARGE = tinyClip(40 * MEGABYTE);
const QUICK = { firstWaitMs: 5, longestWaitMs: 200, stallMs: 30_000, retries: 3 };
// Files of 50 MB go back and forth, on machines that are busy.
jest.setTimeout(60_000);

const servers: HubServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

async function hubWith(repositories: Record<string, HubRepository>): Promise<HubServer> {
  const server = await new HubServer(repositories).start();
  servers.push(server);
  return server;
}

function emptyCache(): string {
  return mkdtempSync(path.join(tmpdir(), 'clipgraph-hub-'));
}

interface ClientOptions {
  readonly cacheFolder?: string;
  readonly token?: string;
  readonly isOffline?: boolean;
  readonly progress?: PullProgress;
  readonly weights?: 'checkpoint' | 'onnx';
  readonly endpoint?: string;
}

function clientOf(server: HubServer | undefined, options: ClientOptions = {}): Hub {
  const { cacheFolder = emptyCache(), token, isOffline = false, progress, weights } = options;
  const endpoint = options.endpoint ?? server?.endpoint ?? 'http://127.0.0.1:59999';
  const authorization = token && `Bearer ${token}`;
  const settings = { endpoint, authorization, cacheFolder, isOffline, environment: {} };
  return new Hub({
    settings,
    patience: QUICK,
    progress,
    ...(weights !== undefined && { weights }),
  });
}

function reference(name: string): HubReference {
  const found = parseHubReference(name);
  if (found === undefined) throw new Error(`${name} is no reference`);
  return found;
}

/** Every file under a folder, by its path. */
function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
}

describe('a model of the hub', () => {
  it('is fetched: only what is needed, checked, in the layout that Python shares', async () => {
    const server = await hubWith({ 'tiny/clip': { files: SMALL } });
    const hub = clientOf(server);
    const model = await hub.pull(reference('tiny/clip'));
    const commit = commitOf(SMALL);
    expect(model.manifest).toMatchObject({ id: 'tiny/clip', revision: commit, license: 'mit' });
    const { folder } = hub.cacheOf('tiny/clip');
    expect(readFileSync(path.join(folder, 'refs', 'main'), 'utf8')).toBe(commit);
    const needed = [
      'README.md',
      'config.json',
      'merges.txt',
      'model.safetensors',
      'preprocessor_config.json',
      'vocab.json',
    ];
    expect(filesUnder(path.join(folder, 'snapshots', commit))).toEqual(
      needed.filter((name) => name in SMALL).sort(),
    );
    const blobs = needed.map((name) => (name === 'model.safetensors' ? sha256 : gitSha1)(SMALL[name]));
    expect(filesUnder(path.join(folder, 'blobs'))).toEqual(blobs.sort());
    expect(await verifySnapshot(model)).toMatchObject({ damaged: [] });
    expect(server.seen.some(({ url }) => /flax_model|pytorch_model/.test(url))).toBe(false);
  });

  it('is not asked for again once it is here, not even with the hub gone', async () => {
    const server = await hubWith({ 'tiny/clip': { files: SMALL } });
    const cacheFolder = emptyCache();
    const first = await clientOf(server, { cacheFolder }).open(reference('tiny/clip'));
    const asked = server.seen.length;
    const again = await clientOf(server, { cacheFolder }).open(reference('tiny/clip'));
    expect(server.seen).toHaveLength(asked);
    const offline = await clientOf(undefined, { cacheFolder, isOffline: true }).open(reference('tiny/clip'));
    expect(await again.checksum()).toBe(await first.checksum());
    expect(await offline.checksum()).toBe(await first.checksum());
  });

  it('embeds a picture as the same files in a folder do', async () => {
    const server = await hubWith({ 'tiny/clip': { files: SMALL } });
    const cacheFolder = emptyCache();
    const folder = mkdtempSync(path.join(tmpdir(), 'clipgraph-'));
    for (const [name, bytes] of Object.entries(SMALL)) writeFileSync(path.join(folder, name), bytes);
    const before = { ...process.env };
    Object.assign(process.env, { HF_ENDPOINT: server.endpoint, HF_HUB_CACHE: cacheFolder });
    try {
      const vectors = [];
      for (const model of ['tiny/clip', folder]) {
        const clipgraph = await createClipgraph({ model, runtime: 'cpu' });
        const { vector } = await clipgraph
          .embed({ image: { example: 'dog' } })
          .finally(() => clipgraph.close());
        vectors.push(vector);
      }
      expect(vectors[0]).toEqual(vectors[1]);
    } finally {
      process.env = before;
    }
  });

  it('is found where Python has put it', async () => {
    const cacheFolder = emptyCache();
    const folder = path.join(cacheFolder, 'models--tiny--clip');
    const commit = commitOf(SMALL);
    for (const name of ['blobs', 'refs', `snapshots/${commit}`])
      mkdirSync(path.join(folder, name), { recursive: true });
    writeFileSync(path.join(folder, 'refs', 'main'), commit);
    for (const [name, bytes] of Object.entries(SMALL)) {
      const etag = name.endsWith('.safetensors') ? sha256(bytes) : gitSha1(bytes);
      writeFileSync(path.join(folder, 'blobs', etag), bytes);
      symlinkSync(`../../blobs/${etag}`, path.join(folder, 'snapshots', commit, name));
    }
    const model = await clientOf(undefined, { cacheFolder, isOffline: true }).open(reference('tiny/clip'));
    expect(model.manifest.revision).toBe(commit);
    expect(await verifySnapshot(model)).toMatchObject({ damaged: [] });
  });

  it('is completed where Python has fetched a part of it', async () => {
    const server = await hubWith({ 'tiny/clip': { files: SMALL } });
    const cacheFolder = emptyCache();
    const commit = commitOf(SMALL);
    const folder = path.join(cacheFolder, 'models--tiny--clip');
    const etag = gitSha1(SMALL['config.json']);
    for (const name of ['blobs', 'refs', `snapshots/${commit}`])
      mkdirSync(path.join(folder, name), { recursive: true });
    writeFileSync(path.join(folder, 'refs', 'main'), commit);
    writeFileSync(path.join(folder, 'blobs', etag), SMALL['config.json']);
    symlinkSync(`../../blobs/${etag}`, path.join(folder, 'snapshots', commit, 'config.json'));
    const model = await clientOf(server, { cacheFolder }).open(reference('tiny/clip'));
    expect(await verifySnapshot(model)).toMatchObject({ damaged: [] });
    expect(server.seen.some(({ method, url }) => method === 'GET' && url.endsWith('/config.json'))).toBe(
      false,
    );
  });

  it('is taken at a revision', async () => {
    const older = { ...SMALL, 'README.md': Buffer.from('older') };
    const server = await hubWith({ 'tiny/clip': { files: SMALL, revisions: { 'v1.0': older } } });
    const hub = clientOf(server);
    const model = await hub.pull(reference('tiny/clip@v1.0'));
    expect(model.manifest.revision).toBe(commitOf(older));
    const byCommit = await hub.open(reference(`tiny/clip@${commitOf(older)}`));
    expect(byCommit.manifest.revision).toBe(commitOf(older));
  });

  it('is brought up to date by another pull', async () => {
    const files = { ...SMALL };
    const server = await hubWith({ 'tiny/clip': { files } });
    const hub = clientOf(server);
    const { manifest: before } = await hub.pull(reference('tiny/clip'));
    files['README.md'] = Buffer.from('changed');
    const { manifest: opened } = await hub.open(reference('tiny/clip'));
    expect(opened.revision).toBe(before.revision);
    const { manifest: after } = await hub.pull(reference('tiny/clip'));
    expect(after.revision).toBe(commitOf(files));
  });

  it('sends the token to the hub, and nowhere else', async () => {
    const server = await hubWith({ 'tiny/clip': { files: SMALL, access: 'private' } });
    await clientOf(server, { token: TOKEN }).pull(reference('tiny/clip'));
    const to = (host: string) => server.seen.filter((request) => request.host === host);
    expect(to('hub').every(({ authorization }) => authorization === `Bearer ${TOKEN}`)).toBe(true);
    expect(to('store').length).toBeGreaterThan(0);
    expect(to('store').every(({ authorization }) => authorization === undefined)).toBe(true);
  });
});

describe('which weights are taken', () => {
  const bare = Object.fromEntries(Object.entries(SMALL).filter(([name]) => name !== 'model.safetensors'));
  const onnx = {
    'onnx/vision_model.onnx': readFileSync(
      path.join(__dirname, '..', 'goldens', 'tiny-clip', 'onnx', 'vision_model.onnx'),
    ),
  };
  const isAsked = (server: HubServer, file: string): boolean =>
    server.seen.some(({ host, url }) => host === 'store' && url.includes(file));

  it('are the safetensors where there are ONNX exports too, or the other way by configuration', async () => {
    const server = await hubWith({ 'tiny/clip': { files: { ...SMALL, ...onnx } } });
    await clientOf(server).pull(reference('tiny/clip'));
    expect(isAsked(server, '.onnx')).toBe(false);
    const model = await clientOf(server, { weights: 'onnx' }).pull(reference('tiny/clip'));
    expect(isAsked(server, '.onnx')).toBe(true);
    expect(model.manifest.towers.image?.graph).toBe('onnx/vision_model.onnx');
  });

  it("are those of the hub's own conversion, which is found again offline; never of another's pull request", async () => {
    const repository = {
      files: bare,
      revisions: { 'refs/pr/7': { ...SMALL, 'evil.txt': Buffer.from('x') }, 'refs/pr/4': SMALL },
      pullRequests: [
        { num: 4, author: 'SFconvertbot' },
        { num: 7, author: 'mallory' },
      ],
    };
    const server = await hubWith({ 'tiny/clip': repository });
    const cacheFolder = emptyCache();
    const model = await clientOf(server, { cacheFolder }).pull(reference('tiny/clip'));
    expect(model.manifest).toMatchObject({ revision: commitOf(SMALL), weights: 'model.safetensors' });
    expect(server.seen.some(({ url }) => url.includes('pr%2F7'))).toBe(false);
    const again = await clientOf(undefined, { cacheFolder, isOffline: true }).open(reference('tiny/clip'));
    expect(again.manifest.revision).toBe(commitOf(SMALL));
  });

  it('are the .bin where nothing was converted, read as a plain state dict', async () => {
    const server = await hubWith({ 'tiny/clip': { files: bare } });
    // The .bin of this repository is 1,000 zeros.
    await expect(clientOf(server).pull(reference('tiny/clip'))).rejects.toMatchObject({
      code: 'MODEL_UNAVAILABLE',
      message: expect.stringMatching(/PyTorch file is damaged: it is not a zip archive/),
    });
  });

  it('are the ONNX repository of the table for a known name, where there is nothing else', async () => {
    const server = await hubWith({
      'openai/clip-vit-base-patch32': { files: { 'README.md': Buffer.from('nothing') } },
      'Xenova/clip-vit-base-patch32': { files: { ...bare, ...onnx, 'pytorch_model.bin': Buffer.alloc(0) } },
    });
    const cacheFolder = emptyCache();
    const model = await clientOf(server, { cacheFolder }).pull(reference('ViT-B/32'));
    expect(model.manifest).toMatchObject({
      id: 'openai/clip-vit-base-patch32',
      aliases: expect.arrayContaining(['ViT-B/32']),
    });
    expect(model.manifest.towers.image?.graph).toBe('onnx/vision_model.onnx');
    await clientOf(undefined, { cacheFolder, isOffline: true }).open(reference('ViT-B/32'));
  });

  it("lie in sentence-transformers' folder", async () => {
    const nested = Object.fromEntries(
      Object.entries(SMALL).map(([name, bytes]) => [`0_CLIPModel/${name}`, bytes]),
    );
    const files = { ...nested, 'modules.json': Buffer.from('[]') };
    const server = await hubWith({ 'sentence-transformers/clip-ViT-B-32': { files } });
    const model = await clientOf(server).pull(reference('clip-ViT-B-32'));
    expect(model.manifest.weights).toBe('0_CLIPModel/model.safetensors');
    expect(await verifySnapshot(model)).toMatchObject({ damaged: [] });
  });

  it('are in shards', async () => {
    const index = JSON.stringify({ weight_map: { a: 'model-00001-of-00001.safetensors' } });
    const files = {
      ...bare,
      'model-00001-of-00001.safetensors': SMALL['model.safetensors'],
      'model.safetensors.index.json': Buffer.from(index),
    };
    const server = await hubWith({ 'tiny/clip': { files } });
    const model = await clientOf(server).pull(reference('tiny/clip'));
    expect(await model.files()).toContain('model-00001-of-00001.safetensors');
  });
});

describe('a hub that has troubles', () => {
  const pull = (hub: Hub) => hub.pull(reference('tiny/clip'));

  it('breaks off at 60 %: what has come is kept', async () => {
    const server = await hubWith({ 'tiny/clip': { files: LARGE } });
    server.faults = [{ breakAt: 0.6 }, { breakAt: 0.6 }, { breakAt: 0.6 }];
    const model = await pull(clientOf(server));
    expect(await verifySnapshot(model)).toMatchObject({ damaged: [] });
    // Nothing is asked for twice, but for what was on its way.
    expect(server.bytesSent).toBeLessThan(LARGE['model.safetensors'].length * 1.3);
  });

  it('breaks off every time: the next attempt goes on where this one ended', async () => {
    const server = await hubWith({ 'tiny/clip': { files: LARGE } });
    const cacheFolder = emptyCache();
    // One piece comes whole, and is noted; then nothing more.
    const blobs = path.join(cacheFolder, 'models--tiny--clip', 'blobs');
    const isPieceNoted = (): boolean =>
      readdirSync(blobs).some(
        (file) => file.includes('.pieces.') && readFileSync(path.join(blobs, file), 'utf8') !== '',
      );
    const holds = async (hasLeft: () => boolean): Promise<void> => {
      while (!hasLeft() && !isPieceNoted()) await delay(20);
    };
    server.faults = [{}, ...Array.from({ length: 40 }, () => ({ status: 503, holds }))];
    await expect(pull(clientOf(server, { cacheFolder }))).rejects.toMatchObject({
      code: 'MODEL_UNAVAILABLE',
      message: expect.stringMatching(/cannot be fetched from 127\.0\.0\.1:\d+: it answers 503/),
    });
    server.faults = [];
    const sent = server.bytesSent;
    const model = await pull(clientOf(server, { cacheFolder }));
    expect(await verifySnapshot(model)).toMatchObject({ damaged: [] });
    expect(server.bytesSent - sent).toBeLessThan(LARGE['model.safetensors'].length * 0.7);
  });

  it('sends a wrong byte once: the file is thrown away and fetched again', async () => {
    const server = await hubWith({ 'tiny/clip': { files: LARGE } });
    server.faults = [undefined, { isWrong: true }];
    let total = 0;
    let counted = 0;
    const progress = {
      start: (_: string, __: number, bytes: number) => void (total = bytes),
      advance: (bytes: number) => void (counted += bytes),
      stop: () => undefined,
    };
    const model = await pull(clientOf(server, { progress }));
    expect(await verifySnapshot(model)).toMatchObject({ damaged: [] });
    expect(counted).toBe(total);
  });

  it('sends wrong bytes always: an error, and no model', async () => {
    const server = await hubWith({ 'tiny/clip': { files: SMALL } });
    server.always = { isWrong: true };
    const cacheFolder = emptyCache();
    await expect(pull(clientOf(server, { cacheFolder }))).rejects.toMatchObject({
      code: 'MODEL_UNAVAILABLE',
      message: expect.stringMatching(/model\.safetensors.*does not have the digest/),
    });
    expect(filesUnder(cacheFolder).filter((name) => name.includes('snapshots/'))).toEqual([]);
    expect(
      filesUnder(cacheFolder).some(
        (name) => name.includes(sha256(SMALL['model.safetensors'])) && name.includes('blobs'),
      ),
    ).toBe(false);
  });

  it('is too busy, and says when to come back', async () => {
    const server = await hubWith({ 'tiny/clip': { files: SMALL } });
    server.apiFaults = [{ status: 429, retryAfter: '0.1' }, { status: 502 }];
    server.faults = [{ status: 429, retryAfter: new Date(Date.now() + 100).toUTCString() }];
    expect(await verifySnapshot(await pull(clientOf(server)))).toMatchObject({ damaged: [] });
  });

  it('knows no ranges', async () => {
    const server = await hubWith({ 'tiny/clip': { files: LARGE } });
    server.always = { ignoresRange: true };
    expect(await verifySnapshot(await pull(clientOf(server)))).toMatchObject({ damaged: [] });
  });

  it('is slow, or stops in the middle', async () => {
    const server = await hubWith({ 'tiny/clip': { files: SMALL } });
    server.faults = [{ holds: () => delay(3000) }, { rate: 20_000_000 }];
    expect(await verifySnapshot(await pull(clientOf(server)))).toMatchObject({ damaged: [] });
  });

  it('is not there', async () => {
    await expect(pull(clientOf(undefined))).rejects.toMatchObject({
      code: 'MODEL_UNAVAILABLE',
      message: expect.stringMatching(/cannot be fetched from 127\.0\.0\.1:59999: .*ECONNREFUSED/),
    });
  });
});

describe('what is refused', () => {
  it.each([
    [
      'a model that is not there',
      {},
      { token: TOKEN },
      'MODEL_NOT_FOUND',
      /no model tiny\/clip.*or it is private/,
    ],
    ['without a token, the same', {}, {}, 'MODEL_NOT_FOUND', /for a private one, set HF_TOKEN/],
    ['a private one', { access: 'private' }, {}, 'MODEL_NOT_FOUND', /or it is private.*HF_TOKEN/],
    ['a gated one', { access: 'gated' }, {}, 'MODEL_UNAVAILABLE', /is gated: its terms.*HF_TOKEN/],
    [
      'with a wrong token',
      { access: 'public' },
      { token: 'hf_wrong' },
      'MODEL_UNAVAILABLE',
      /does not accept the token/,
    ],
    ['offline', { access: 'public' }, { isOffline: true }, 'MODEL_UNAVAILABLE', /HF_HUB_OFFLINE/],
  ] as const)('%s', async (_, repository, options, code, message) => {
    const server = await hubWith(
      'access' in repository ? { 'tiny/clip': { files: SMALL, ...repository } } : {},
    );
    await expect(clientOf(server, options).open(reference('tiny/clip'))).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  it('more than the disk has room for, with both numbers', async () => {
    await expect(checkSpace(emptyCache(), 1e18)).rejects.toMatchObject({
      code: 'MODEL_UNAVAILABLE',
      message: expect.stringMatching(
        /The disk has \d+ MB free, and 1000000000000 MB are needed.*HF_HUB_CACHE/,
      ),
    });
  });

  it('a revision that is not there', async () => {
    const server = await hubWith({ 'tiny/clip': { files: SMALL } });
    await expect(clientOf(server).open(reference('tiny/clip@v9'))).rejects.toMatchObject({
      code: 'MODEL_NOT_FOUND',
      message: expect.stringMatching(/no revision "v9"/),
    });
  });

  it('what is no CLIP, before its weights are fetched', async () => {
    const files = { ...SMALL, 'config.json': Buffer.from('{"model_type":"blip"}') };
    const server = await hubWith({ 'tiny/blip': { files } });
    await expect(clientOf(server).open(reference('tiny/blip'))).rejects.toMatchObject({
      code: 'MODEL_UNAVAILABLE',
      message: expect.stringMatching(/"blip" is not supported; siglip/),
    });
    expect(server.bytesSent).toBeLessThan(100_000);
  });

  it('a repository that holds no model', async () => {
    const server = await hubWith({ 'tiny/nothing': { files: { 'README.md': Buffer.from('') } } });
    await expect(clientOf(server).open(reference('tiny/nothing'))).rejects.toMatchObject({
      code: 'MODEL_UNAVAILABLE',
      message: expect.stringMatching(/holds no CLIP that can be read: it needs config\.json/),
    });
  });

  it('shards that lead out of the folder', async () => {
    const index = JSON.stringify({ weight_map: { a: '../../../secret.safetensors' } });
    const rest = Object.fromEntries(Object.entries(SMALL).filter(([name]) => name !== 'model.safetensors'));
    const server = await hubWith({
      'tiny/clip': { files: { ...rest, 'model.safetensors.index.json': Buffer.from(index) } },
    });
    await expect(clientOf(server).open(reference('tiny/clip'))).rejects.toMatchObject({
      message: expect.stringMatching(/names a file outside of the folder/),
    });
    expect(server.seen.some(({ url }) => url.includes('secret'))).toBe(false);
  });

  it.each(['../../etc', 'a/b/c', 'a/..', '-a/b', 'a/b@../x', 'a/b@x//y', 'no-owner', 'a/b\0', 'a//b'])(
    '%j is no name on the hub',
    (name) => {
      expect(parseHubReference(name)).toBeUndefined();
    },
  );

  it('a ResNet, by its name', () => {
    expect(() => parseHubReference('RN50x4')).toThrow(/vision transformer/);
  });
});

describe('two at once', () => {
  it('fetch one file once', async () => {
    const server = await hubWith({ 'tiny/clip': { files: LARGE } });
    const cacheFolder = emptyCache();
    const models = await Promise.all(
      [1, 2].map(() => clientOf(server, { cacheFolder }).pull(reference('tiny/clip'))),
    );
    for (const model of models) expect(await verifySnapshot(model)).toMatchObject({ damaged: [] });
    expect(server.bytesSent).toBeLessThan(LARGE['model.safetensors'].length * 1.5);
    expect(existsSync(cacheFolder)).toBe(true);
  });
});
