import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { HubServer } from '../hub/hub-server.js';
import { tinyClip } from '../hub/models.js';

const ROOT = path.join(__dirname, '..', '..');
const MAIN = path.join(ROOT, 'dist', 'src', 'cli', 'main.js');
const FILES = tinyClip();

jest.setTimeout(60_000);

describe('clipgraph models', () => {
  let server: HubServer;
  let environment: Record<string, string>;
  const cacheFolder = mkdtempSync(path.join(tmpdir(), 'clipgraph-models-'));

  beforeAll(async () => {
    server = await new HubServer({ 'tiny/clip': { files: FILES } }).start();
    environment = { HF_ENDPOINT: server.endpoint, HF_HUB_CACHE: cacheFolder, HF_TOKEN: '' };
  });
  afterAll(() => server.stop());

  /** Not spawnSync: the hub answers from this process. */
  const clipgraph = (...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> =>
    new Promise((resolve) => {
      const env = { ...process.env, ...environment };
      execFile(process.execPath, [MAIN, ...args], { cwd: ROOT, env }, (error, stdout, stderr) => {
        resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr });
      });
    });

  it('info of one that is not here says how to fetch it', async () => {
    const { status, stderr } = await clipgraph('models', 'info', 'tiny/clip');
    expect(status).toBe(1);
    expect(stderr).toMatch(/not in the cache. Fetch it: clipgraph models pull tiny\/clip/);
  });

  it('pull fetches it, with plain lines where there is no terminal', async () => {
    const { status, stdout, stderr } = await clipgraph('models', 'pull', 'tiny/clip');
    expect(status).toBe(0);
    expect(stderr).toMatch(/Fetching tiny\/clip: \d files, [\d.]+ MB\n/);
    expect(stderr).toMatch(/tiny\/clip: 100 %, [\d.]+ MB of [\d.]+ MB, [\d.]+ MB\/s, 0:00 left/);
    expect(stdout).toMatch(/tiny\/clip {2}48 numbers, fp32, checksum [0-9a-f]{12}…/);
  });

  it('list names it among those of the cache', async () => {
    const { stdout } = await clipgraph('models', 'list');
    expect(stdout).toMatch(/^starter \(default\)/);
    expect(stdout).toMatch(/In the cache .*:\n {2}tiny\/clip {2}\d+ MB {2}main/);
    const { stdout: json } = await clipgraph('models', '--json');
    expect(JSON.parse(json)).toEqual([expect.objectContaining({ id: 'starter', isDefault: true })]);
  });

  it('info says its licence, its sizes, and what it takes in memory', async () => {
    const { stdout } = await clipgraph('models', 'info', 'tiny/clip', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      id: 'tiny/clip',
      license: 'mit',
      architecture: 'CLIP',
      preparation: { convention: 'hf', resize: { shortest: 64 }, filter: 'bicubic' },
      memory: [
        { runtime: 'cpu', fits: true },
        { runtime: 'wasm', fits: true },
      ],
    });
    const { stdout: words } = await clipgraph('models', 'info', 'tiny/clip');
    expect(words).toMatch(
      /pictures: hf: shortest side to 64, bicubic, centre crop 64 × 64, values \/ 255, mean /,
    );
    expect(words).toMatch(
      /texts: CLIP's BPE \((vocab\.json, merges\.txt|tokenizer\.json)\); filled up to the longest/,
    );
    expect(words).toMatch(/memory on wasm: about \d+ MB/);
  });

  it('serves it by its name, without the hub', async () => {
    const { stdout, status } = await clipgraph('embed', '--json', '--model', 'tiny/clip', 'examples/dog.png');
    expect(status).toBe(0);
    expect(stdout).toMatch(/tiny\/clip/);
  });

  it('quantize writes a folder that can be served', async () => {
    const folder = path.join(mkdtempSync(path.join(tmpdir(), 'clipgraph-q8-')), 'tiny-q8');
    const { status, stdout } = await clipgraph('models', 'quantize', 'tiny/clip', folder);
    expect(status).toBe(0);
    expect(stdout).toMatch(/48 numbers, q8/);
    const { stdout: info } = await clipgraph('embed', '--json', '--model', folder, 'examples/dog.png');
    expect(info).toMatch(/"dtype":"q8"/);
    expect((await clipgraph('models', 'quantize', 'tiny/clip', folder)).stderr).toMatch(/is there already/);
  });

  it('verify finds a byte that has changed', async () => {
    expect((await clipgraph('models', 'verify', 'tiny/clip')).stdout).toMatch(/files have the digests/);
    const snapshots = path.join(cacheFolder, 'models--tiny--clip', 'snapshots');
    const weights = path.join(snapshots, readdirSync(snapshots)[0], 'model.safetensors');
    const changed = Buffer.from(FILES['model.safetensors']);
    changed[changed.length - 1] ^= 1;
    writeFileSync(realpathSync(weights), changed);
    const { status, stdout } = await clipgraph('models', 'verify', 'tiny/clip');
    expect(status).toBe(1);
    expect(stdout).toMatch(/damaged: model\.safetensors/);
  });

  it('rm frees its room', async () => {
    const { stdout } = await clipgraph('models', 'rm', 'tiny/clip');
    expect(stdout).toMatch(/tiny\/clip: \d+ MB freed/);
    expect(existsSync(path.join(cacheFolder, 'models--tiny--clip'))).toBe(false);
    expect((await clipgraph('models', 'rm', 'tiny/clip')).status).toBe(1);
  });

  it('says what a name could have been', async () => {
    const { status, stderr } = await clipgraph('similarity', '--model', 'clip-vit', 'a', 'b');
    expect(status).toBe(1);
    expect(stderr).toMatch(/neither "starter", nor a folder, nor a name on the hub.*ViT-B\/32/);
  });
});
