import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Hub, hubSettings, parseHubReference } from '../../src/models/index.js';
import { proxyFor } from '../../src/models/hub/proxy.js';
import { HubServer, MIRROR } from './hub-server.js';
import { tinyClip } from './models.js';
import { ProxyServer } from './proxy-server.js';

const REFERENCE = parseHubReference('tiny/clip')!;
const QUICK = { firstWaitMs: 5, longestWaitMs: 20, stallMs: 2000, retries: 1 };

const running: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()));
});
async function started<Server extends { start(): Promise<Server>; stop(): Promise<void> }>(server: Server) {
  running.push(await server.start());
  return server;
}
const hubServer = (access: 'public' | 'private' = 'public') =>
  started(new HubServer({ 'tiny/clip': { files: tinyClip(), access } }));
const hubOf = (environment: Record<string, string>) =>
  new Hub({
    settings: hubSettings({
      HF_HUB_CACHE: mkdtempSync(path.join(tmpdir(), 'clipgraph-hub-')),
      HF_TOKEN_PATH: path.join(tmpdir(), 'no-such-token'),
      ...environment,
    }),
    patience: QUICK,
  });
const failure = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return `${code}: ${message}`;
  }
  return 'no failure';
};

describe('a proxy', () => {
  it('carries what is asked of a hub over http', async () => {
    const [server, proxy] = [await hubServer(), await started(new ProxyServer())];
    await hubOf({ HF_ENDPOINT: server.endpoint, HTTP_PROXY: `http://${proxy.host}` }).pull(REFERENCE);
    expect(proxy.seen[0]).toBe(`GET ${server.endpoint}/api/models/tiny/clip/revision/main`);
    expect(proxy.seen.length).toBeGreaterThan(4);
  });

  it('is asked for a tunnel to a hub over https', async () => {
    const proxy = await started(new ProxyServer());
    const hub = hubOf({ HF_ENDPOINT: 'https://hub.invalid', https_proxy: proxy.host });
    expect(await failure(hub.pull(REFERENCE))).toMatch(
      /^MODEL_UNAVAILABLE: .*hub\.invalid: .*\b502\b.*HTTPS_PROXY/,
    );
    expect(proxy.seen[0]).toBe('CONNECT hub.invalid:443');
  });

  it('is told who asks, and no message holds that', async () => {
    const [server, proxy] = [await hubServer(), await started(new ProxyServer('me:secret word'))];
    const through = (credentials: string) =>
      hubOf({ HF_ENDPOINT: server.endpoint, HTTP_PROXY: `http://${credentials}@${proxy.host}` });
    await through('me:secret%20word').pull(REFERENCE);
    const refused = await failure(through('me:wrongword').pull(REFERENCE));
    expect(refused).toMatch(/^MODEL_UNAVAILABLE: .*407/);
    expect(refused).not.toContain('wrongword');
  });

  // Expected values: Python's urllib.request, which decides for huggingface_hub.
  it.each([
    ['*', undefined],
    ['hub.example.com', undefined],
    ['.example.com', undefined],
    ['example.com', undefined],
    ['other.org, example.com:8443', undefined],
    ['HUB.EXAMPLE.COM', undefined],
    ['ample.com', 'http://proxy:1'],
    ['example.com:443', 'http://proxy:1'],
    ['', 'http://proxy:1'],
  ])('is not used for what NO_PROXY names: %j', (no_proxy, expected) => {
    const url = new URL('https://hub.example.com:8443/x');
    expect(proxyFor(url, { no_proxy, HTTPS_PROXY: 'http://proxy:1' })?.origin).toBe(expected);
  });

  it('of another kind is refused without its address', () => {
    const environment = { ALL_PROXY: 'socks5://me:secret@proxy:1' };
    expect(() => proxyFor(new URL('https://hub.example.com'), environment)).toThrow(/no address like/);
    expect(() => proxyFor(new URL('https://hub.example.com'), environment)).not.toThrow(/secret/);
  });
});

describe('credentials of a mirror', () => {
  const withCredentials = (endpoint: string, password: string) =>
    endpoint.replace('//', `//${MIRROR.user}:${encodeURIComponent(password)}@`);

  it('are sent as basic authentication, to the mirror alone', async () => {
    const server = await hubServer('private');
    await hubOf({ HF_ENDPOINT: withCredentials(server.endpoint, MIRROR.password) }).pull(REFERENCE);
    const of = (host: string) => server.seen.filter((request) => request.host === host);
    expect(of('hub').every(({ authorization }) => authorization?.startsWith('Basic '))).toBe(true);
    expect(of('store').length).toBeGreaterThan(0);
    expect(of('store').every(({ authorization }) => authorization === undefined)).toBe(true);
  });

  it('that are wrong are in no message', async () => {
    const server = await hubServer('private');
    const said = await failure(
      hubOf({ HF_ENDPOINT: withCredentials(server.endpoint, 'wrongword') }).pull(REFERENCE),
    );
    expect(said).toMatch(/^MODEL_UNAVAILABLE: .*does not accept/);
    expect(said).not.toContain('wrongword');
  });

  it('of what is no address are in no message', async () => {
    expect(await failure(Promise.resolve().then(() => hubOf({ HF_ENDPOINT: 'me:secret@hub' })))).toBe(
      'BAD_USER_INPUT: HF_ENDPOINT is no address of a hub. Set it to one like https://huggingface.co, or unset it.',
    );
  });
});

describe('a cache', () => {
  it('that cannot be made says which variable moves it', async () => {
    const server = await hubServer();
    const file = path.join(mkdtempSync(path.join(tmpdir(), 'clipgraph-hub-')), 'a-file');
    writeFileSync(file, '');
    const said = await failure(
      hubOf({ HF_ENDPOINT: server.endpoint, HF_HUB_CACHE: path.join(file, 'hub') }).open(REFERENCE),
    );
    expect(said).toMatch(
      /^MODEL_UNAVAILABLE: The cache of the hub cannot be used: a part of its path is a file\. Set HF_HOME/,
    );
    expect(said).not.toContain(file);
  });

  // As root, every folder may be written: another account asks.
  const isRoot = process.getuid?.() === 0;
  const ask = async (environment: Record<string, string>, ...args: string[]) => {
    const account = ['--reuid', '54321', '--regid', '54321', '--clear-groups'];
    const env = { PATH: process.env.PATH, ...environment };
    const child = spawn('setpriv', [...account, process.execPath, MAIN, ...args], { env });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const [status] = (await once(child, 'close')) as [number];
    return { status, stdout, stderr };
  };
  const MAIN = path.join(__dirname, '..', '..', 'dist', 'src', 'cli', 'main.js');
  const asAnother =
    isRoot && process.platform === 'linux' && spawnSync('setpriv', ['--version']).status === 0 ? it : it.skip;

  asAnother('of an account without a home is not needed for the starter', async () => {
    const { status, stdout, stderr } = await ask({}, 'tokenize', 'a dog');
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(stdout).toContain('dog');
  });

  asAnother('is asked for by its variable where the account has no home', async () => {
    const { status, stderr } = await ask(
      { HF_ENDPOINT: 'http://127.0.0.1:9' },
      'models',
      'pull',
      'tiny/clip',
    );
    expect(status).not.toBe(0);
    expect(stderr).toMatch(/no home folder\. Set HF_HOME, HF_HUB_CACHE or XDG_CACHE_HOME/);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  asAnother.each([
    ['pull', 'tiny/clip'],
    ['quantize', 'starter'],
  ])('that may not be written says so: models %s %s', async (...args) => {
    const server = await hubServer();
    const environment = { HOME: '/', HF_ENDPOINT: server.endpoint };
    const { status, stderr } = await ask(environment, 'models', ...args);
    expect(status).not.toBe(0);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});
