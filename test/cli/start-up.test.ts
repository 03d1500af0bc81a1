import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const MAIN = path.join(__dirname, '..', '..', 'dist', 'src', 'cli', 'main.js');
/** Loaded before a program: when it ends, adds a line to a file: its name, and how many modules it had loaded. */
const COUNTER = `
  process.once('exit', () => {
    const program = process.argv[1].split(require('node:path').sep).slice(-2).join('/');
    const line = program + ' ' + Object.keys(require.cache).length + '\\n';
    require('node:fs').appendFileSync(process.env.MALLOC_MODULES, line);
  });`;

/** How many modules each process of a command had loaded when it ended, by its program; the most of several. */
function modulesOf(...args: string[]): Map<string, number> {
  const folder = mkdtempSync(path.join(tmpdir(), 'clipgraph-start-up-'));
  const [file, counter] = ['counts', 'counter.cjs'].map((name) => path.join(folder, name));
  writeFileSync(counter, COUNTER);
  try {
    const { status, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
      // Of unknown variables, programs that run apart are given those that begin like malloc's.
      env: { ...process.env, NODE_OPTIONS: `--require "${counter}"`, MALLOC_MODULES: file },
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const counts = new Map<string, number>();
    for (const line of readFileSync(file, 'utf8').trim().split('\n')) {
      const [program, count] = line.split(' ');
      counts.set(program, Math.max(counts.get(program) ?? 0, Number(count)));
    }
    return counts;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('starting', () => {
  it('loads next to nothing for --version', () => {
    expect(modulesOf('--version').get('cli/main.js')).toBeLessThanOrEqual(8);
  });

  it('loads for the similarity of two texts no server, no database, no decoder, and little in its processes', () => {
    const counts = modulesOf('similarity', 'a dog', 'a cat', '--runtime', 'cpu');
    expect(counts.get('cli/main.js')).toBeLessThanOrEqual(180);
    expect(counts.get('runtime/worker.js')).toBeLessThanOrEqual(60);
  });
});
