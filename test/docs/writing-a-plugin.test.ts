import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import path from 'node:path';
// Compiled: an ES module outside the checkout cannot import TypeScript.
import { conformanceTests } from '../../dist/src/conformance/index.js';

const ROOT = path.join(__dirname, '..', '..');
const [, EXAMPLE] = /```js\n(\/\/ runtime\.mjs\n[\s\S]*?)```/.exec(
  readFileSync(path.join(ROOT, 'docs', 'writing-a-plugin.md'), 'utf8'),
)!;

/** The example in a folder of its own, outside the checkout, with onnxruntime-node installed beside it. */
function writeExample(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'clipgraph-plugin-'));
  mkdirSync(path.join(folder, 'node_modules'));
  for (const name of ['onnxruntime-node', 'onnxruntime-common']) {
    symlinkSync(path.join(ROOT, 'node_modules', name), path.join(folder, 'node_modules', name), 'junction');
  }
  writeFileSync(path.join(folder, 'runtime.mjs'), EXAMPLE);
  return folder;
}

describe('the example of docs/writing-a-plugin.md', () => {
  const folder = writeExample();
  const tests = conformanceTests({ name: 'minimal', module: path.join(folder, 'runtime.mjs') });

  it.each(tests.map((test) => [test.name, test] as const))('%s', async (_, test) => {
    await test.run();
  });

  it('serves when it is configured by its path', () => {
    const main = path.join(ROOT, 'dist', 'src', 'cli', 'main.js');
    const args = [
      'similarity',
      'a dog',
      'a cat',
      '--json',
      '--plugins',
      './runtime.mjs',
      '--runtime',
      'minimal',
    ];
    const { stdout } = spawnSync(process.execPath, [main, ...args], { cwd: folder, encoding: 'utf8' });
    expect(JSON.parse(stdout)).toMatchObject({ runtime: 'minimal', cosine: expect.closeTo(0.5198, 2) });
  });
});
