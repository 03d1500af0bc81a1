import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const ROOT = path.join(__dirname, '..', '..');
const MAIN = path.join(ROOT, 'dist', 'src', 'cli', 'main.js');

function clipgraph(args: readonly string[], environment: Record<string, string> = {}, cwd = ROOT) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, ...environment },
  });
  return { status, stdout, stderr };
}

describe('clipgraph similarity', () => {
  it('compares a text and a picture', () => {
    const { status, stdout } = clipgraph(['similarity', 'a dog', 'examples/dog.png']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^0\.4269\nAlike: .*\n\(starter, fp32, on cpu\)\n$/);
  });

  it('puts a puppy nearer to a dog than a city at night, as JSON', () => {
    const cosine = (text: string) => {
      const { stdout } = clipgraph(['similarity', 'a dog', text, '--json']);
      const answer = JSON.parse(stdout) as { cosine: number; model: string; runtime: string };
      expect(answer).toMatchObject({ model: 'starter', runtime: 'cpu' });
      return answer.cosine;
    };
    expect(cosine('a puppy')).toBeGreaterThan(cosine('a city at night') + 0.2);
  });

  it.each([
    [
      'a file that is not there',
      ['similarity', 'a dog', 'nothing.jpg'],
      /BAD_USER_INPUT: There is no file nothing\.jpg/,
    ],
    [
      'a text that is too long',
      ['similarity', 'a dog', 'dog '.repeat(80)],
      /TEXT_TOO_LONG: The text has 82 tokens/,
    ],
    ['a file that is no picture', ['similarity', 'a dog', 'package.json'], /UNSUPPORTED_IMAGE_FORMAT/],
    ['a model that is not there', ['similarity', 'a', 'b', '--model', './nowhere'], /MODEL_NOT_FOUND/],
    ['a flag misspelled', ['serve', '--server.prot', '1'], /Did you mean.*--server\.port/],
    [
      'a runtime misspelled',
      ['similarity', 'a', 'b', '--runtime', 'cpux'],
      /RUNTIME_NOT_FOUND.*Did you mean cpu/,
    ],
    ['a missing argument', ['similarity', 'a dog'], /missing required argument 'b'/],
  ])('fails with a sentence for %s', (_, args, message) => {
    const { status, stdout, stderr } = clipgraph(args);
    expect(status).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('    at ');
  });

  it('takes plugin options from flags and variables', () => {
    expect(clipgraph(['similarity', 'a', 'b', '--runtimes.cpu.threads', '1']).status).toBe(0);
    expect(clipgraph(['similarity', 'a', 'b'], { CLIPGRAPH_RUNTIMES_CPU_THREADS: '-1' }).stderr).toMatch(
      /BAD_USER_INPUT: The options under runtimes\.cpu are wrong: threads/,
    );
  });

  it('reads clipgraph.yml of the working directory', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'clipgraph-'));
    writeFileSync(path.join(folder, 'clipgraph.yml'), 'limits:\n  maxTextBytes: 3\n');
    const { stderr } = clipgraph(['similarity', 'a dog', 'a cat'], {}, folder);
    expect(stderr).toMatch(/TEXT_TOO_LONG: The text has 5 bytes; the limit is 3/);
  });
});

describe('clipgraph serve', () => {
  /** Starts it and waits for the line that names its address. */
  async function serve(args: readonly string[]): Promise<{ url: string; child: ChildProcess }> {
    const child = spawn(process.execPath, [MAIN, 'serve', ...args], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let printed = '';
    for await (const chunk of child.stdout) {
      printed += String(chunk);
      const match = /page +(http:\S+)\/\n/.exec(printed);
      if (match !== null) return { url: match[1], child };
    }
    throw new Error(`It ended: ${printed}`);
  }

  it('serves, refuses a port that is taken, and ends on SIGTERM with exit code 0', async () => {
    const { url, child } = await serve(['--port', '0']);
    try {
      expect(await (await fetch(`${url}/health/live`)).json()).toEqual({ status: 'live' });
      expect(await (await fetch(`${url}/health/ready`)).json()).toEqual({
        status: 'ready',
        runtime: 'cpu',
        model: 'starter',
      });
      const second = clipgraph(['serve', '--port', new URL(url).port]);
      expect(second).toMatchObject({ status: 1, stderr: expect.stringContaining('is taken on 127.0.0.1') });
    } finally {
      child.kill('SIGTERM');
    }
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(0);
  });
});

describe('clipgraph runtimes and doctor', () => {
  it('lists every runtime, and why it cannot run', () => {
    const { status, stdout } = clipgraph(['runtimes']);
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /^cpu \(default\) +ready: CPU, onnxruntime-node 1\.30\.0, threads: \d+, workers: 1$/m,
    );
    expect(stdout).toMatch(/^wasm +ready: CPU \(WebAssembly\), onnxruntime-web 1\.30\.0/m);
    const found = JSON.parse(clipgraph(['runtimes', '--json']).stdout) as {
      name: string;
      ready: boolean;
      remedy?: string;
    }[];
    expect(found.map(({ name }) => name).sort()).toEqual(['cpu', 'cuda', 'wasm']);
    for (const { ready, remedy } of found) expect(ready || remedy).toBeTruthy();
  });

  it('runs every runtime once and compares them', () => {
    const { status, stdout } = clipgraph(['doctor']);
    expect(stdout).toMatch(/^cpu: onnxruntime-node 1\.30\.0, threads: \d+; first answers after \d+ ms/m);
    expect(stdout).toMatch(/^wasm against cpu: components differ by \d\.\de-[67] at most$/m);
    expect(stdout).toMatch(/All is well\.\n$/);
    expect(status).toBe(0);
  });
});
