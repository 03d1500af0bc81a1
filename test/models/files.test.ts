import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import type { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { readExactly } from '../../src/models/files/read.js';
import { ModelCatalog } from '../../src/models/index.js';

const TINY_CLIP = path.join(__dirname, '..', 'goldens', 'tiny-clip');
const STARTER = path.join(__dirname, '..', '..', 'models', 'starter');
const FILES = ['config.json', 'preprocessor_config.json', 'model.safetensors'];
const NOBODY = '65534';

function tinyClip(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'clipgraph-files-'));
  for (const file of FILES) cpSync(path.join(TINY_CLIP, file), path.join(folder, file));
  chmodSync(folder, 0o755);
  return folder;
}

function starter(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'clipgraph-files-'));
  cpSync(STARTER, folder, { recursive: true });
  chmodSync(folder, 0o755);
  return folder;
}

interface Opened {
  readonly checksum?: string;
  readonly code?: string;
  readonly message?: string;
}

/** Opens models in another process, as somebody who is not root, or with so many descriptors left. */
async function openApart(folders: readonly string[], descriptors = '-'): Promise<Opened[]> {
  const uid = process.getuid?.() === 0 && descriptors === '-' ? NOBODY : '-';
  const program = [path.join(__dirname, 'read-as.ts'), uid, descriptors, ...folders];
  const limited = [
    '-c',
    'ulimit -n 256; exec "$0" "$@"',
    process.execPath,
    '--require',
    'tsx/cjs',
    ...program,
  ];
  const { stdout } = await promisify(execFile)('bash', limited);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Opened);
}

const onUnix = process.platform === 'win32' ? describe.skip : describe;

onUnix("a model's file", () => {
  it('that may not be read is called that, with what to do', async () => {
    const made = [
      ...FILES.map((file) => [tinyClip(), file]),
      ...['text_model.onnx', 'vocab.json', 'clipgraph.json'].map((file) => [starter(), file]),
    ];
    for (const [folder, file] of made) chmodSync(path.join(folder, file), 0o200);
    const closed = tinyClip();
    chmodSync(closed, 0o600);
    const opened = await openApart([...made.map(([folder]) => folder), closed]);
    for (const [i, file] of [...made.map(([, name]) => name), path.basename(closed)].entries()) {
      expect(opened[i]).toMatchObject({ code: 'MODEL_UNAVAILABLE' });
      expect(opened[i].message).toContain(
        `The model's ${file} may not be read: this account has no permission`,
      );
      expect(opened[i].message).not.toMatch(/\/tmp|EACCES/);
    }
  });

  it('is not called missing when no descriptor is left for it', async () => {
    const opened = await openApart([tinyClip(), starter()], '0');
    for (const { code, message } of opened) {
      expect(code).toBe('MODEL_UNAVAILABLE');
      expect(message).toMatch(/cannot be opened: this program has too many files open.*ulimit -n/);
    }
    // And few are enough.
    expect((await openApart([tinyClip(), starter()], '8')).map(({ checksum }) => typeof checksum)).toEqual([
      'string',
      'string',
    ]);
  });

  it.each(FILES)('that is no regular file is refused, and nobody waits for its end: %s', async (file) => {
    for (const kind of ['pipe', 'device', 'folder'] as const) {
      const folder = tinyClip();
      const place = path.join(folder, file);
      rmSync(place);
      if (kind === 'pipe') execFileSync('mkfifo', [place]);
      if (kind === 'device') symlinkSync('/dev/zero', place);
      if (kind === 'folder') mkdirSync(place);
      await expect(ModelCatalog.open([folder])).rejects.toMatchObject({
        code: 'MODEL_UNAVAILABLE',
        message:
          kind === 'folder'
            ? `The model's ${file} is a folder, not a file.`
            : `The model's ${file} is not a regular file.`,
      });
    }
  });
});

describe("a model's file of JSON", () => {
  it.each(['config.json', 'preprocessor_config.json'])(
    'that is none is refused with its place: %s',
    async (file) => {
      const folder = tinyClip();
      writeFileSync(path.join(folder, file), '{\n  "model_type": "clip",\n  oops\n}');
      await expect(ModelCatalog.open([folder])).rejects.toMatchObject({
        code: 'MODEL_UNAVAILABLE',
        message: `The model's ${file} is not JSON: line 3, column 3.`,
      });
    },
  );
});

it('bytes are read until all are there, or the file has ended', async () => {
  /** A file that gives a few bytes at a time, as network file systems may. */
  const slow = (bytes: Buffer) => ({
    read: (into: Buffer, at: number, length: number, position: number) =>
      Promise.resolve({ bytesRead: bytes.copy(into, at, position, position + Math.min(length, 3)) }),
  });
  const bytes = Buffer.from('so many bytes');
  const handle = slow(bytes) as unknown as Awaited<ReturnType<typeof open>>;
  expect(await readExactly(handle, 10, 3)).toEqual(bytes.subarray(3, 13));
  expect(await readExactly(handle, 11, 3)).toBeUndefined();
});
