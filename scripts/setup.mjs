// Makes a checkout ready to run: installs what the lock file says and builds what changed. Needs Node alone.
// Both steps are skipped when nothing changed since they last succeeded.
import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const OLDEST_NODE = [20, 19];
const BUILT = path.join(ROOT, 'dist', '.clipgraph-built');
const BUILD_INPUTS = [
  'src',
  'plugins',
  'web',
  'scripts/build.mjs',
  'scripts/lazy-imports.mjs',
  'tsconfig.json',
  'tsconfig.build.json',
];

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return;
  console.error(`Clipgraph needs Node ${OLDEST_NODE.join('.')} or newer; this is ${process.versions.node}.`);
  process.exit(1);
}

/** @param {string} entry a file, or a folder with all that is in it */
function filesOf(entry) {
  const full = path.join(ROOT, entry);
  if (!existsSync(full)) return [];
  if (entry.endsWith('.mjs') || entry.endsWith('.json')) return [entry];
  return readdirSync(full, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .map((file) => path.relative(ROOT, path.join(file.parentPath, file.name)));
}

/** @param {readonly string[]} files */
function fingerprint(files) {
  const hash = createHash('sha256').update(process.version);
  for (const file of [...files].sort()) hash.update(`${file}\0`).update(readFileSync(path.join(ROOT, file)));
  return hash.digest('hex');
}

/**
 * @param {string} stamp
 * @param {string} value
 */
function isDone(stamp, value) {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === value;
}

/** Whether node_modules holds what the lock file says: npm keeps its own list of what it installed there. */
function isInstalled() {
  const list = path.join(ROOT, 'node_modules', '.package-lock.json');
  if (!existsSync(list)) return false;
  const { packages: present } = JSON.parse(readFileSync(list, 'utf8'));
  const { packages: wanted } = JSON.parse(readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8'));
  return Object.entries(wanted).every(
    ([name, { version, optional }]) => name === '' || optional === true || present[name]?.version === version,
  );
}

/**
 * Runs a step with its output on standard error: standard output is for answers.
 *
 * @param {string} command
 * @param {readonly string[]} args
 */
function run(command, args) {
  const isWindows = process.platform === 'win32';
  const { status } = spawnSync(command, args, { cwd: ROOT, stdio: ['ignore', 2, 2], shell: isWindows });
  if (status !== 0) process.exit(status ?? 1);
}

checkNode();

if (!isInstalled()) {
  console.error('Installing the packages of package-lock.json (about a minute) …');
  // No package needs its install script here; onnxruntime-node's would download CUDA libraries.
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']);
  rmSync(BUILT, { force: true });
}

const built = fingerprint(BUILD_INPUTS.flatMap(filesOf));
if (!isDone(BUILT, built)) {
  console.error('Building …');
  run(process.execPath, [path.join('scripts', 'build.mjs')]);
  mkdirSync(path.dirname(BUILT), { recursive: true });
  writeFileSync(BUILT, built);
}
