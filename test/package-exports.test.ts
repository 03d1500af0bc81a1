import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import * as core from '../src/core/index.js';

const ROOT = path.join(__dirname, '..');

const { moduleNameMapper } = jest.requireActual<{ moduleNameMapper: Record<string, string> }>(
  '../jest.config.js',
);
const { exports: packageExports } = readJson('package.json') as { exports: Record<string, Target> };
const { entryPoints } = readJson('typedoc.json') as { entryPoints: string[] };

/** With comments. */
function readJson(name: string): unknown {
  return ts.readConfigFile(path.join(ROOT, name), (file) => readFileSync(file, 'utf8')).config;
}

type Target = string | { readonly [condition: string]: Target };

/** The files that an export leads to, under whichever conditions. */
function filesOf(target: Target): string[] {
  return typeof target === 'string' ? [target] : Object.values(target).flatMap(filesOf);
}

/** Of `./dist/src/x.d.ts` and `./dist/esm/x.js`: `src/x.ts`. */
function sourceOf(file: string): string {
  return file.replace(/^\.\/dist\/(src|esm)\//, 'src/').replace(/(\.d\.ts|\.js)$/, '.ts');
}

const EXPORTS = Object.entries(packageExports)
  .filter(([name]) => name !== './package.json')
  .map(([name, target]) => ({ name: path.posix.join('clipgraph', name), target, files: filesOf(target) }));
/** Each public name with the source that it stands for. */
const SOURCES = EXPORTS.map(({ name, files }) => [name, sourceOf(files[0])] as const);

describe('the public names', () => {
  it('are these', () => {
    expect(EXPORTS.map(({ name }) => name).sort()).toEqual([
      'clipgraph',
      'clipgraph/conformance',
      'clipgraph/core',
      'clipgraph/runtime',
      'clipgraph/server',
      'clipgraph/store',
    ]);
  });

  it.each(EXPORTS)('$name leads to one source, and to files that are built', ({ files }) => {
    expect([...new Set(files.map(sourceOf))]).toHaveLength(1);
    expect(files.filter((file) => !existsSync(path.join(ROOT, file)))).toEqual([]);
  });

  it.each(EXPORTS)('$name gives the types first, under each condition', ({ target }) => {
    const check = (one: Target): void => {
      if (typeof one === 'string') return;
      const conditions = Object.keys(one);
      if (conditions.includes('types')) expect(conditions).toEqual(['types', 'default']);
      else Object.values(one).forEach(check);
    };
    expect(typeof target).toBe('object');
    check(target);
  });

  it.each(SOURCES)('%s says its name in its docstring', (name, source) => {
    expect(readFileSync(path.join(ROOT, source), 'utf8')).toMatch(
      new RegExp(`^/\\*\\*\\n \\* \`${name}\`: [\\s\\S]*? \\* @module\\n \\*/`),
    );
  });

  it('mean the same sources to the compiler, to the tests and in the reference', () => {
    const { compilerOptions } = readJson('tsconfig.json') as {
      compilerOptions: { paths: Record<string, string[]> };
    };
    const compiler = Object.entries(compilerOptions.paths).map(([name, to]) => [
      name,
      to.map((one) => path.posix.normalize(one)).join(),
    ]);
    const tests = Object.entries(moduleNameMapper)
      .filter(([pattern]) => pattern.startsWith('^clipgraph'))
      .map(([pattern, to]) => [pattern.slice(1, -1), to.replace('<rootDir>/', '')]);
    expect(Object.fromEntries(compiler)).toEqual(Object.fromEntries(SOURCES));
    expect(Object.fromEntries(tests)).toEqual(Object.fromEntries(SOURCES));
    expect([...entryPoints].sort()).toEqual(SOURCES.map(([, source]) => source).sort());
  });
});

describe('clipgraph/core as an ES module', () => {
  const built = readFileSync(path.join(ROOT, 'dist', 'esm', 'core', 'index.js'), 'utf8');

  it('is one file that imports nothing', () => {
    expect(ts.preProcessFile(built, true, true).importedFiles).toEqual([]);
  });

  it('exports what the CommonJS one does', () => {
    const [, names] = /^export \{([^}]*)\};$/m.exec(built)!;
    expect(
      names
        .split(',')
        .map((name) => name.trim())
        .sort(),
    ).toEqual(Object.keys(core).sort());
  });
});
