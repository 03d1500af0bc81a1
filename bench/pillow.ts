import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';

const VENV = path.join(__dirname, '.venv');
const PYTHON = path.join(VENV, process.platform === 'win32' ? 'Scripts' : 'bin', 'python');
const PILLOW = 'pillow==13.0.0';

interface PillowTimer {
  /** Milliseconds of one run, and SHA-256 over the crop. */
  time(
    what: 'resize' | 'whole',
    file: string,
    size: number,
  ): Promise<{ milliseconds: number; sha256: string }>;
  stop(): void;
}

/** Pillow in a process of its own, installed into bench/.venv; undefined, and said so, where that can't be done. */
export function startPillow(): PillowTimer | undefined {
  const run = (command: string, ...args: string[]): boolean =>
    spawnSync(command, args, { stdio: 'ignore' }).status === 0;
  const isThere =
    (existsSync(PYTHON) || run('python3', '-m', 'venv', VENV)) &&
    run(PYTHON, '-m', 'pip', 'install', '-q', PILLOW);
  if (!isThere) {
    console.log(`Pillow is missing: ${PILLOW} could not be installed with python3 -m venv and pip.`);
    return undefined;
  }
  const child = spawn(PYTHON, [path.join(__dirname, 'pillow_timer.py')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    time: async (what, file, size) => {
      child.stdin.write(`${what} ${file} ${size}\n`);
      const { value } = (await lines.next()) as { value: string };
      const [milliseconds, sha256] = value.split(' ');
      return { milliseconds: Number(milliseconds), sha256 };
    },
    stop: () => child.kill(),
  };
}
