import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gitSha1, HubServer, sha256 } from './hub-server.js';
import { tinyClip } from './models.js';

const MAIN = path.join(__dirname, '..', '..', 'dist', 'src', 'cli', 'main.js');
const KILLS = 50;
const FILES = tinyClip(96 * 2 ** 20);

/** Every blob that has its final name. */
function blobs(cacheFolder: string): string[] {
  const folder = path.join(cacheFolder, 'models--tiny--clip', 'blobs');
  try {
    return readdirSync(folder)
      .filter((name) => !name.endsWith('.incomplete'))
      .map((name) => path.join(folder, name));
  } catch {
    return [];
  }
}

describe('a download that is killed', () => {
  let server: HubServer;
  beforeAll(async () => {
    server = await new HubServer({ 'tiny/clip': { files: FILES } }).start();
    // Slow enough that the kills meet it at every stage.
    server.always = { rate: 6_000_000 };
  });
  afterAll(() => server.stop());

  it(`${KILLS} times at any moment never leaves a damaged file, and the last start ends it`, async () => {
    const cacheFolder = mkdtempSync(path.join(tmpdir(), 'clipgraph-kills-'));
    const start = (args: readonly string[]) =>
      spawn(process.execPath, [MAIN, ...args], {
        env: { ...process.env, HF_ENDPOINT: server.endpoint, HF_HUB_CACHE: cacheFolder, HF_TOKEN: '' },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
    let killed = 0;
    for (let i = 0; i < KILLS; i++) {
      const child = start(['models', 'pull', 'tiny/clip']);
      const ended = once(child, 'exit');
      await Promise.race([ended, sleep(300 + Math.random() * 1500)]);
      if (child.kill('SIGKILL')) killed++;
      await ended;
      for (const file of blobs(cacheFolder)) {
        const bytes = readFileSync(file);
        const name = path.basename(file);
        expect(name.length === 64 ? sha256(bytes) : gitSha1(bytes)).toBe(name);
      }
    }
    server.always = {};
    const child = start(['models', 'pull', 'tiny/clip']);
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(0);
    expect(killed).toBeGreaterThan(KILLS / 4);
    const verify = start(['models', 'verify', 'tiny/clip']);
    let said = '';
    verify.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await once(verify, 'close');
    expect(said).toMatch(/files have the digests that the hub stated/);
    const sent = server.bytesSent / FILES['model.safetensors'].length;
    // A kill costs the pieces that were under way, four at a time, and no more.
    expect(sent).toBeLessThan(1 + (killed * 4 * 2 ** 24) / FILES['model.safetensors'].length);
  }, 300_000);
});
