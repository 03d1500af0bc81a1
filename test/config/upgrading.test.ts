import { readFileSync, writeFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CONFIG_KEYS, loadConfig } from '../../src/config/index.js';
import { RENAMED, renamedKeysIn } from '../../src/config/renamed.js';
import { valueAt } from '../../src/config/tree.js';

const OLD = readFileSync(path.join(__dirname, 'fixtures', 'clipgraph-0.1.0.yml'), 'utf8');

function load(text: string) {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'clipgraph-')), 'clipgraph.yml');
  writeFileSync(file, text);
  return loadConfig({ file });
}

describe('the configuration of version 0.1.0', () => {
  it('is refused for keys that are gone alone, each with what there is instead', () => {
    const refusal = () => load(OLD);
    expect(refusal).toThrow(
      /^The configuration is wrong\.\n {2}runtimes\.cuda\.deviceMemoryMb \(from [^\n]*\): it is now memory\.maxModelBytes[^\n]*$/,
    );
  });

  it('is in effect, but for those', () => {
    const { config, origins, warnings } = load(OLD.replace(' deviceMemoryMb: 2048,', ''));
    expect(warnings).toEqual([]);
    expect(config).toMatchObject({
      runtime: ['cuda', 'cpu', 'wasm'],
      runtimes: { cpu: { threads: 2 }, wasm: { isolation: 'thread' }, cuda: { device: 0 } },
      models: ['starter', { model: './my-clip', dtype: 'q8', id: 'mine' }],
      images: { urls: { allowAddresses: ['10.0.0.7'] } },
      limits: { maxInputs: 64, timeoutMs: 10000 },
    });
    // No value of the file is another key's now, or nobody's.
    for (const key of origins.keys()) {
      if (key.startsWith('runtimes.')) continue;
      expect(CONFIG_KEYS.map((known) => known.path.join('.'))).toContain(key);
      expect(valueAt(config, key.split('.'))).toBeDefined();
    }
  });

  it('is read of flags and variables, too', () => {
    const flags = { 'runtimes.cuda.deviceMemoryMb': '64' };
    expect(() => loadConfig({ flags })).toThrow(/from --runtimes\.cuda.*it is now memory\.maxModelBytes/);
    const environment = { CLIPGRAPH_RUNTIMES_CUDA_DEVICE_MEMORY_MB: '64' };
    expect(() => loadConfig({ environment })).toThrow(/from CLIPGRAPH_RUN.*it is now memory\.maxModelBytes/);
  });

  it('is described in docs/upgrading.md', () => {
    const page = readFileSync(path.join(__dirname, '..', '..', 'docs', 'upgrading.md'), 'utf8');
    for (const key of RENAMED.keys()) expect(page).toContain(`\`${key}\``);
  });
});

it('finds a group that was moved by any key under it, and none by a value', () => {
  const table = new Map([['old', 'new.place']]);
  const found = renamedKeysIn({ old: { a: 1, b: { c: 2 } }, other: { old: 3 }, list: ['old'] }, table);
  expect(found).toEqual([{ key: 'old', successor: 'new.place' }]);
});
