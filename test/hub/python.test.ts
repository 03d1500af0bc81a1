import { execFile } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { Hub, hubSettings, parseHubReference, verifySnapshot } from '../../src/models/index.js';
import { commitOf, HubServer } from './hub-server.js';
import { tinyClip } from './models.js';

/** A Python with huggingface_hub; set to run these tests. */
const PYTHON = process.env.CLIPGRAPH_PYTHON;
const SCRIPT = path.join(__dirname, '..', '..', 'training', 'hub_cache_check.py');
const FILES = tinyClip();
const reference = parseHubReference('tiny/clip');

const describeWithPython = PYTHON === undefined ? describe.skip : describe;

describeWithPython('a cache shared with Python (CLIPGRAPH_PYTHON names one with huggingface_hub)', () => {
  let server: HubServer;
  beforeAll(async () => {
    server = await new HubServer({ 'tiny/clip': { files: FILES } }).start();
  });
  afterAll(() => server.stop());

  const ask = async (action: 'fetch' | 'find', cacheFolder: string): Promise<string> => {
    const env = {
      ...process.env,
      HF_ENDPOINT: server.endpoint,
      HF_HUB_CACHE: cacheFolder,
      HF_HUB_DISABLE_XET: '1',
    };
    const { stdout } = await promisify(execFile)(PYTHON ?? '', [SCRIPT, action, 'tiny/clip'], { env });
    return stdout;
  };
  const hubOf = (cacheFolder: string, isOffline: boolean): Hub =>
    new Hub({ settings: { ...hubSettings({ HF_ENDPOINT: server.endpoint }), cacheFolder, isOffline } });

  it('holds for Clipgraph what Python has fetched', async () => {
    if (reference === undefined) throw new Error('no reference');
    const cacheFolder = mkdtempSync(path.join(tmpdir(), 'clipgraph-python-'));
    await ask('fetch', cacheFolder);
    const model = await hubOf(cacheFolder, true).open(reference);
    expect(model.manifest.revision).toBe(commitOf(FILES));
    expect(await verifySnapshot(model)).toMatchObject({ damaged: [] });
  });

  it('holds for Python what Clipgraph has fetched', async () => {
    if (reference === undefined) throw new Error('no reference');
    const cacheFolder = mkdtempSync(path.join(tmpdir(), 'clipgraph-python-'));
    await hubOf(cacheFolder, false).pull(reference);
    expect(await ask('find', cacheFolder)).toContain(commitOf(FILES));
    // With a network, Python sees that nothing has to be fetched.
    const sent = server.bytesSent;
    await ask('fetch', cacheFolder);
    expect(server.bytesSent - sent).toBeLessThan(100_000);
  });
});
