import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { pathOf } from '../../src/plugins/loader.js';
import { meetPlugins } from '../../src/plugins/meeting.js';
import { ServerDocument } from '../generated/client.js';
import { runServer } from '../running-server.js';

const FOLDER = realpathSync(mkdtempSync(path.join(tmpdir(), 'clipgraph-plugins-')));
const OLD = path.join(__dirname, 'runtime-0.1.0');

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(FOLDER, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}

const defineIn = (name: string) =>
  `defineRuntime({ name: '${name}' }, ({ url }) => {
    if (url === undefined) throw new Error('The option url is missing.');
    return { probe: async () => ({ ready: false, reason: 'Asked ' + url + '.', remedy: 'Start it.' }), open: async () => {} };
  })`;
const commonJs = (name: string) =>
  `const { defineRuntime } = require('clipgraph/runtime'); module.exports = ${defineIn(name)};`;
const esModule = (name: string) =>
  `import { defineRuntime } from 'clipgraph/runtime'; await 0; export default ${defineIn(name)};`;
const packageJson = (more: object) => JSON.stringify({ name: 'any', version: '1.0.0', ...more });

write({
  'my-file.cjs': commonJs('common'),
  'my-module.mjs': esModule('module'),
  'by-syntax.js': `import { defineRuntime } from 'clipgraph/runtime'; export default ${defineIn('syntax')};`,
  'folder/index.js': commonJs('folder'),
  'esm-folder/package.json': packageJson({ name: 'esm-folder', type: 'module', exports: './lib/main.js' }),
  'esm-folder/lib/main.js': esModule('esm-folder'),
  'node_modules/clipgraph-common/package.json': packageJson({ main: 'main.js' }),
  'node_modules/clipgraph-common/main.js': commonJs('packaged'),
  'node_modules/clipgraph-esm/package.json': packageJson({
    type: 'module',
    exports: { '.': { import: './index.js' }, './other': { import: './other.js' } },
  }),
  'node_modules/clipgraph-esm/index.js': esModule('esm-only'),
  'node_modules/@scope/esm/package.json': packageJson({
    exports: { '.': { import: './index.mjs' }, './runtimes/*': { import: './runtimes/*.mjs' } },
  }),
  'node_modules/@scope/esm/index.mjs': esModule('scoped'),
  'node_modules/@scope/esm/runtimes/fast.mjs': esModule('sub-path'),
  'node_modules/lacks-one/package.json': packageJson({ type: 'module', exports: './index.js' }),
  'node_modules/lacks-one/index.js': `import 'what-is-not-there'; ${esModule('lacking')}`,
  'store.cjs': `module.exports = { kind: 'store', name: 'postgres', isolation: 'none', create() {} };`,
  'nothing.cjs': '',
});

const meet = (...specifiers: string[]) =>
  meetPlugins(
    specifiers.map((specifier) => ({ specifier, from: FOLDER })),
    ['runtime'],
    60_000,
  );

describe('a plugin', () => {
  it('is found by path, by URL and by the name of a package, whether CommonJS or ESM alone', async () => {
    const found = {
      './my-file.cjs': 'common',
      [path.join(FOLDER, 'my-module.mjs')]: 'module',
      [pathToFileURL(path.join(FOLDER, 'my-module.mjs')).href]: 'module',
      './by-syntax.js': 'syntax',
      './folder': 'folder',
      './esm-folder': 'esm-folder',
      'clipgraph-common': 'packaged',
      'clipgraph-esm': 'esm-only',
      '@scope/esm': 'scoped',
      '@scope/esm/runtimes/fast': 'sub-path',
    };
    const there = Object.entries(found);
    const plugins = await meet(...there.map(([specifier]) => specifier));
    expect(plugins.map(({ name }) => name)).toEqual(there.map(([, name]) => name));
    expect(plugins.every(({ kind, isolation }) => kind === 'runtime' && isolation === 'process')).toBe(true);
  });

  it.each([
    ['a package that is not there', 'no-such-plugin', /"no-such-plugin" is not found: it is neither/],
    ['a path that is not there', './no-such-file.js', /is not found/],
    ['a folder without a module', './node_modules', /is not found/],
  ])('is RUNTIME_NOT_FOUND for %s', async (_, specifier, message) => {
    await expect(meet(specifier)).rejects.toMatchObject({
      code: 'RUNTIME_NOT_FOUND',
      message: expect.stringMatching(message),
    });
  });

  it.each([
    ['lacks a package of its own', 'lacks-one', /cannot be loaded\. Cannot find package 'what-is-not-there'/],
    [
      'exports nothing',
      './nothing.cjs',
      /default export is missing, not the definition .*defineRuntime\(\{ name/,
    ],
    ['is of a kind that there is not', './store.cjs', /is a store; this version of Clipgraph takes: runtime/],
  ])('is refused when it %s', async (_, specifier, message) => {
    await expect(meet(specifier)).rejects.toMatchObject({
      code: 'RUNTIME_UNAVAILABLE',
      message: expect.stringMatching(message),
    });
  });

  it.each([
    ['index.js', /defineRuntime expected a name .* Write defineRuntime\(\{ name: .*docs\/upgrading\.md/],
    ['no-helper.js', /default export is function, not the definition of a plugin.*docs\/upgrading\.md/],
  ])('of 0.1.0, %s, is told what to write now', async (file, message) => {
    await expect(meet(path.join(OLD, file))).rejects.toMatchObject({
      code: 'RUNTIME_UNAVAILABLE',
      message: expect.stringMatching(message),
    });
  });

  it('that needs an option is given it under the name that it declares, whatever its file is called', async () => {
    const plugins = ['my-file.cjs', 'my-module.mjs'].map((file) => path.join(FOLDER, file));
    const runtimes = { common: { url: 'one' }, module: { url: 'two' } };
    const server = await runServer({ plugins, runtime: 'cpu', runtimes });
    try {
      const { data } = await server.ask(ServerDocument, {});
      const reasons = data!.runtimes.map(({ name, reason }) => [name, reason]);
      expect(reasons).toContainEqual(['common', 'Asked one. Start it.']);
      expect(reasons).toContainEqual(['module', 'Asked two. Start it.']);
    } finally {
      await server.close();
    }
  });
});

describe("a test of 0.1.0's plugin", () => {
  it('is told where the suite is now', () => {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- as it was written
    expect(() => require('./runtime-0.1.0/conformance.js')).toThrow(/from 'clipgraph\/conformance'/);
  });
});

describe('the path that a specifier is', () => {
  it.each([
    ['C:\\plugins\\triton.cjs', 'C:\\plugins\\triton.cjs'],
    ['C:/plugins/triton.cjs', 'C:\\plugins\\triton.cjs'],
    ['file:///C:/my%20plugins/triton.mjs', 'C:\\my plugins\\triton.mjs'],
    ['.\\triton\\index.js', 'D:\\work\\triton\\index.js'],
    ['./triton', 'D:\\work\\triton'],
    ['..\\triton', 'D:\\triton'],
    ['\\\\server\\share\\triton.cjs', '\\\\server\\share\\triton.cjs'],
    ['clipgraph-triton', undefined],
    ['@scope/triton/runtime', undefined],
  ])('on Windows, %s, is %s', (specifier, expected) => {
    expect(pathOf({ specifier, from: 'D:\\work' }, path.win32)).toBe(expected);
  });

  it.each([
    ['/plugins/triton.cjs', '/plugins/triton.cjs'],
    ['file:///my%20plugins/triton.mjs', '/my plugins/triton.mjs'],
    ['./triton', '/work/triton'],
    ['..', '/'],
    ['clipgraph-triton', undefined],
    ['.hidden-package', undefined],
  ])('elsewhere, %s, is %s', (specifier, expected) => {
    expect(pathOf({ specifier, from: '/work' }, path.posix)).toBe(expected);
  });
});
