import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { unpack } from '../vectors.js';

const ROOT = path.join(__dirname, '..', '..');
const MAIN = path.join(ROOT, 'dist', 'src', 'cli', 'main.js');

function clipgraph(
  args: readonly string[],
  environment: Record<string, string> = {},
  cwd = ROOT,
  input: string | Buffer = '',
) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    cwd,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
    input,
    env: { ...process.env, ...environment },
  });
  return { status, stdout, stderr };
}

describe('clipgraph similarity', () => {
  it('compares a text and a picture', () => {
    const { status, stdout } = clipgraph(['similarity', 'a dog', 'examples/dog.png']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^0\.5912\nVery much alike: .*\n\(starter, fp32, on cpu\)\n$/);
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
    ['a file that is not there, in classify', ['classify', './x', 'a'], /There is no file \.\/x/],
    ['a file that is not there, in inspect', ['inspect', 'x.heif'], /There is no file x\.heif/],
    ['a file that is not there, in rank', ['rank', 'x.jfif', 'a'], /There is no file x\.jfif/],
    ['a folder', ['similarity', 'a dog', 'examples'], /examples is a folder/],
    ['standard input', ['similarity', 'a dog', '-'], /- stands for standard input/],
    [
      'a text that is too long',
      ['similarity', 'a dog', 'dog '.repeat(80)],
      /TEXT_TOO_LONG: The text has 82 tokens/,
    ],
    ['a file that is no picture', ['similarity', 'a dog', 'package.json'], /UNSUPPORTED_IMAGE_FORMAT/],
    ['a model that is not there', ['similarity', 'a', 'b', '--model', './nowhere'], /MODEL_NOT_FOUND/],
    [
      'a runtime misspelled',
      ['similarity', 'a', 'b', '--runtime', 'cpux'],
      /RUNTIME_NOT_FOUND.*Did you mean cpu/,
    ],
  ])('fails with a sentence for %s', (_, args, message) => {
    const { status, stdout, stderr } = clipgraph(args);
    expect(status).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('    at ');
  });

  it.each([
    ['a flag misspelled', ['serve', '--server.prot', '1'], /Did you mean.*--server\.port/],
    ['a missing argument', ['similarity', 'a dog'], /missing required argument 'b'/],
    ['a command misspelled', ['similarty', 'a', 'b'], /Did you mean similarity/],
    ['a count that is none', ['rank', 'a', 'b', '--top', 'x'], /positive whole number/],
    ['a flag that has another name now', ['rank', 'a', 'b', '--limit', '2'], /called --top now/],
    ['two ways at once', ['similarity', 'a', 'b', '--text', '--file'], /cannot be used with/],
  ])('says that it was used wrongly, with exit code 2, for %s', (_, args, message) => {
    const { status, stderr } = clipgraph(args);
    expect([status, stderr]).toEqual([2, expect.stringMatching(message)]);
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
    expect(stderr).toMatch(/TEXT_TOO_LONG: The text has at least 5 bytes; the limit is 3/);
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

  it('judges what they differ by', () => {
    const { status, stdout } = clipgraph([
      'doctor',
      '--plugins',
      path.join(ROOT, 'test', 'plugins', 'ones.cjs'),
    ]);
    expect(stdout).toMatch(
      /^ones against cpu: components differ by \d\.\de-\d at most: more than the 2e-5 that is promised$/m,
    );
    expect(stdout).not.toMatch(/All is well/);
    expect(status).not.toBe(0);
  });
});

describe('clipgraph rank', () => {
  it('searches a folder, best first', () => {
    const { status, stdout } = clipgraph(['rank', 'a dog', 'examples/', '-n', '2']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^ 0\.5912 {2}examples\/dog\.png\n 0\.2390 {2}examples\/cat\.jpg\n$/);
  });

  it('takes patterns that no shell has replaced, and lines of standard input', () => {
    const pattern = JSON.parse(clipgraph(['rank', 'a cat', 'examples/*.jpg', '--json']).stdout);
    expect(pattern).toMatchObject({ model: 'starter', runtime: 'cpu' });
    expect(pattern.matches.map(({ content }: { content: string }) => content)).toEqual([
      'examples/cat.jpg',
      expect.any(String),
      expect.any(String),
    ]);
    const { stdout } = clipgraph(
      ['rank', 'examples/dog.png', '-'],
      {},
      ROOT,
      'a cat\n\na dog\r\nexamples/dog.png\n',
    );
    expect(stdout).toMatch(/^ 1\.0000 {2}examples\/dog\.png\n 0\.5912 {2}a dog\n.*a cat\n$/);
  });

  it('ranks what can be read, says what cannot, and ends with exit code 1', () => {
    const { status, stdout, stderr } = clipgraph([
      'rank',
      'a dog',
      'package.json',
      'examples/dog.png',
      '--json',
    ]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^package\.json: UNSUPPORTED_IMAGE_FORMAT/);
    expect(JSON.parse(stdout)).toMatchObject({
      matches: [{ index: 1, content: 'examples/dog.png' }],
      failures: [{ index: 0, content: 'package.json', code: 'UNSUPPORTED_IMAGE_FORMAT' }],
    });
  });

  it('says that a folder has no pictures', () => {
    const { status, stderr } = clipgraph(['rank', 'a', 'src/']);
    expect([status, stderr]).toEqual([
      1,
      expect.stringMatching(/BAD_USER_INPUT: There is no picture in src/),
    ]);
  });

  it('prints the best ten of any number, and all as JSON', () => {
    const lines = Array.from({ length: 400 }, (_, i) => `dog number ${i}`).join('\n');
    const { status, stdout, stderr } = clipgraph(['rank', 'a dog', '-'], {}, ROOT, lines);
    expect(status).toBe(0);
    expect(stdout.trim().split('\n')).toHaveLength(10);
    expect(stderr).toContain('The best 10 of 400; --top says how many.');
    const all = JSON.parse(clipgraph(['rank', 'a dog', '-', '--json'], {}, ROOT, lines).stdout);
    expect(all.matches).toHaveLength(400);
  });

  it('goes on after a line that names a file that is not there, as after one that is damaged', () => {
    const lines = 'examples/dog.png\nexamples/gone.png\npackage.json\nexamples/cat.jpg\n';
    const { status, stdout, stderr } = clipgraph(['rank', 'a dog', '-'], {}, ROOT, lines);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^ 0\.5912 {2}examples\/dog\.png\n.*examples\/cat\.jpg\n$/);
    expect(stderr).toMatch(/^examples\/gone\.png: BAD_USER_INPUT: There is no file examples\/gone\.png/m);
    expect(stderr).toMatch(/^package\.json: UNSUPPORTED_IMAGE_FORMAT/m);
  });

  it('takes a list that is separated by NUL', () => {
    const { status, stdout } = clipgraph(
      ['rank', 'a dog', '-0', '-'],
      {},
      ROOT,
      'examples/dog.png\0a dog\nwith a line end\0',
    );
    expect(status).toBe(0);
    expect(stdout).toContain('examples/dog.png');
    expect(stdout).toContain('a dog with a line end\n');
  });
});

describe('clipgraph embed', () => {
  it('prints vectors as numbers, packed, and as lines', () => {
    const [row] = JSON.parse(clipgraph(['embed', 'a dog', '--json']).stdout);
    expect(row).toMatchObject({ content: 'a dog', modality: 'TEXT', dimensions: 384, model: 'starter' });
    const lines = clipgraph(['embed', 'a dog', 'examples/dog.png', '--jsonl', '--vectors', 'base64']).stdout;
    const [text, image] = lines
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(unpack(text.vector)).toEqual(row.vector);
    expect(image).toMatchObject({ content: 'examples/dog.png', modality: 'IMAGE' });
    expect(clipgraph(['embed', 'a dog']).stdout).toMatch(
      /^\[1, 384\] {2}-?0\.\d{4}( -?0\.\d{4}){3} … {2}a dog\n$/,
    );
  });

  it('reads standard input with a byte order mark, in UTF-16 too, and refuses what is in neither encoding', () => {
    const idOf = (input: Buffer): string => {
      const { status, stdout } = clipgraph(['embed', '-', '--jsonl'], {}, ROOT, input);
      expect(status).toBe(0);
      return (JSON.parse(stdout.split('\n')[0]) as { id: string }).id;
    };
    const id = idOf(Buffer.from('a dog\na cat\n'));
    expect(idOf(Buffer.from('\ufeffa dog\r\na cat\n'))).toBe(id);
    expect(idOf(Buffer.from('\ufeffa dog\n', 'utf16le'))).toBe(id);
    const latin1 = clipgraph(['embed', '-', '--jsonl'], {}, ROOT, Buffer.from('a dog\nB\u00e4r\n', 'latin1'));
    expect(latin1.status).toBe(1);
    expect(latin1.stderr).toMatch(/^BAD_USER_INPUT: Line 2 of standard input is not UTF-8/);
    expect(JSON.parse(latin1.stdout)).toMatchObject({ content: 'a dog', id }); // What was read before is not lost.
  });

  it('prints each line as soon as it is ready, and a failure in its place', async () => {
    const child = spawn(process.execPath, [MAIN, 'embed', '-', '--jsonl', '--vectors', 'base64'], {
      cwd: ROOT,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const rows = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const next = async () => JSON.parse(String((await rows.next()).value)) as Record<string, unknown>;
    for (const content of ['a dog', 'examples/dog.png', 'x']) {
      child.stdin.write(`${content}\n`); // The next line is sent when this one has been answered.
      expect(await next()).toMatchObject({ content, dimensions: 384 });
    }
    child.stdin.write('examples/gone.png\n');
    expect(await next()).toMatchObject({ content: 'examples/gone.png', error: { code: 'BAD_USER_INPUT' } });
    child.stdin.end();
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(1);
  });

  it('names what a folder holds and cannot be embedded, and ends with exit code 1', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'clipgraph-'));
    copyFileSync(path.join(ROOT, 'examples', 'cat.jpg'), path.join(folder, 'a.jfif'));
    writeFileSync(path.join(folder, 'b.heic'), Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1'));
    const { status, stdout, stderr } = clipgraph(['embed', folder]);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^\[1, 384\] .*a\.jfif\n$/);
    expect(stderr).toMatch(/b\.heic: UNSUPPORTED_IMAGE_FORMAT: .*HEIC.*heif-convert/);
  });

  it('goes through more contents than a request may hold', () => {
    const lines = Array.from({ length: 600 }, (_, i) => `text ${i}`).join('\n');
    const rows = JSON.parse(
      clipgraph(['embed', '-', '--json', '--vectors', 'base64'], {}, ROOT, lines).stdout,
    );
    expect(rows.map(({ content }: { content: string }) => content)).toEqual(lines.split('\n'));
  });
});

describe('clipgraph classify, tokenize, models, config and schema', () => {
  it('classifies', () => {
    const { stdout } = clipgraph(['classify', 'examples/cat.jpg', 'dog', 'cat', '--template', 'a {}']);
    expect(stdout).toMatch(/^ +\d+\.\d % +0\.\d{4} {2}cat\n +\d+\.\d % +0\.\d{4} {2}dog\n$/);
    const { classifications } = JSON.parse(
      clipgraph(['classify', 'examples/cat.jpg', 'dog', 'cat', '--json']).stdout,
    );
    expect(classifications[0]).toMatchObject({ index: 1, label: 'cat', prompt: 'This is a photo of cat.' });
    expect(clipgraph(['classify', 'a', 'b', '--template', 'c']).stderr).toMatch(/BAD_USER_INPUT/);
  });

  it('tokenizes', () => {
    expect(clipgraph(['tokenize', 'a dog']).stdout).toMatch(/ 1929 {2}dog<\/w>\n.*\n4 of 77 tokens\n$/);
    expect(JSON.parse(clipgraph(['tokenize', 'dog '.repeat(90), '--json']).stdout)).toMatchObject({
      count: 77,
      isTruncated: true,
    });
  });

  it('lists the models', () => {
    expect(clipgraph(['models']).stdout).toMatch(/^starter \(default\) {2}384 numbers, fp32/);
    const [model] = JSON.parse(clipgraph(['models', '--json']).stdout);
    expect(model).toMatchObject({ id: 'starter', isDefault: true, contextLength: 77, imageSize: 224 });
  });

  it('prints what is in effect and where it came from, without the tokens', () => {
    const { stdout } = clipgraph(['config', '--port', '81', '--auth.tokens', 'secret', '--json'], {
      CLIPGRAPH_LIMITS_MAX_INPUTS: '7',
    });
    expect(JSON.parse(stdout)).toEqual(
      expect.arrayContaining([
        { key: 'server.port', value: 81, origin: '--server.port' },
        { key: 'limits.maxInputs', value: 7, origin: 'CLIPGRAPH_LIMITS_MAX_INPUTS' },
        { key: 'auth.tokens', value: ['…'], origin: '--auth.tokens' },
        { key: 'server.host', value: '127.0.0.1', origin: 'default' },
      ]),
    );
    expect(stdout).not.toContain('secret');
  });

  it('prints no secret of a plugin', () => {
    const { stdout } = clipgraph(['config', '--runtimes.cpu.apiKey', 'sk-do-not-show']);
    expect(stdout).toMatch(/^runtimes\.cpu\.apiKey +"…" {2}\(--runtimes\.cpu\.apiKey\)$/m);
  });

  it('prints the schema', () => {
    const committed = readFileSync(path.join(ROOT, 'schema', 'schema.graphql'), 'utf8');
    expect(clipgraph(['schema']).stdout.trim()).toBe(committed.trim());
    expect(JSON.parse(clipgraph(['schema', '--json']).stdout)).toHaveProperty('__schema');
  });

  it('has short help, examples first, and the flags of the configuration apart', () => {
    for (const command of ['rank', 'serve', 'similarity']) {
      const { status, stdout } = clipgraph([command, '--help']);
      expect(status).toBe(0);
      expect(stdout).toMatch(/^Examples:\n {2}\$ /);
      expect(stdout).not.toContain('--limits.maxInputs');
      expect(stdout.split('\n').length).toBeLessThan(40);
      const config = clipgraph([command, '--help-config']);
      expect(config.status).toBe(0);
      expect(config.stdout).toMatch(/^ {2}--limits\.maxInputs <value> +Contents in one/m);
      expect(config.stdout).toMatch(/^ {2}--port <value>/m);
    }
    expect(clipgraph(['--help']).stdout).toMatch(/^Examples:/);
  });

  it('has examples in the help of every command', () => {
    const commands = [...clipgraph(['--help']).stdout.matchAll(/^ {2}([a-z]+) \[options\]/gm)].map(
      ([, name]) => name,
    );
    expect(commands).toHaveLength(17);
    for (const command of commands) {
      const { stdout } = clipgraph([command, '--help']);
      expect(stdout).toMatch(new RegExp(`\\$ .*clipgraph ${command}`));
      if (command !== 'serve') expect(stdout).toContain('--json');
    }
  });
});
