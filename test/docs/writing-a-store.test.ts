import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { storeConformanceTests } from 'clipgraph/conformance';

const ROOT = path.join(__dirname, '..', '..');
const SUITE = path.join(ROOT, 'dist', 'src', 'conformance', 'index.js');
const [, EXAMPLE] = /```js\n(\/\/ store\.mjs\n[\s\S]*?)```/.exec(
  readFileSync(path.join(ROOT, 'docs', 'writing-a-store.md'), 'utf8'),
)!;

/** Runs the compiled suite in Node itself, as a stranger would, and prints what became of each test. */
const RUN = `
const { mkdtemp, rm } = await import('node:fs/promises');
const { storeConformanceTests } = await import(${JSON.stringify(SUITE)});
const place = async () => {
  const folder = await mkdtemp('place-');
  return { options: { folder }, remove: () => rm(folder, { recursive: true }) };
};
for (const { name, run, isLarge } of storeConformanceTests({ name: 'folder', module: './store.mjs', place, kills: 1 })) {
  if (isLarge) continue;
  const failure = await run().then(() => '', (error) => error.stack);
  console.log(JSON.stringify([name, failure]));
}`;

describe('the example of docs/writing-a-store.md', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'clipgraph-store-'));
  let outcomes: ReadonlyMap<string, string>;

  beforeAll(async () => {
    writeFileSync(path.join(folder, 'store.mjs'), EXAMPLE);
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', RUN], {
      cwd: folder,
    });
    outcomes = new Map(stdout.trim().split('\n').map((line) => JSON.parse(line) as [string, string])); // prettier-ignore
  }, 300_000);

  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  const place = () => Promise.reject(new Error('Only the names are wanted.'));
  const tests = storeConformanceTests({ name: 'folder', module: 'store.mjs', place });
  it.each(tests.filter(({ isLarge }) => !isLarge).map(({ name }) => name))('%s', (name) => {
    expect(outcomes.get(name)).toBe('');
  });
});
