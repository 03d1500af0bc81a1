import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

const ROOT = path.join(__dirname, '..');
/** As in docs/architecture.md: a layer imports only from itself and from those before it. */
const LAYERS = [
  'errors',
  'core',
  'config',
  'isolation',
  'plugins',
  'runtime',
  'encoders',
  'models',
  'media',
  'stores',
  'conformance',
  'engine',
  'evaluation',
  'graphql',
  'server',
  'cli',
];

/** What a built-in plugin may import of the project, as anybody's may. */
const FOR_PLUGINS = ['clipgraph/runtime', 'clipgraph/store', 'clipgraph/core'];

function sourcesOf(folder: string): string[] {
  return readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => path.join(folder, name));
}

function importsOf(file: string): string[] {
  return ts
    .preProcessFile(readFileSync(path.join(ROOT, file), 'utf8'), true, true)
    .importedFiles.map(({ fileName }) => fileName);
}

/** The files of the project that a file imports, for its types alone among them. */
function filesImportedBy(file: string): string[] {
  return importsOf(file)
    .filter((name) => name.startsWith('.'))
    .map((name) => path.join(path.dirname(file), name).replace(/\.js$/, '.ts'));
}

/** What leads back to itself, however long the way; found by taking away, again and again, what imports nothing that is left. */
function inCircles(imports: ReadonlyMap<string, readonly string[]>): string[] {
  const left = new Map(imports);
  for (;;) {
    const free = [...left].filter(([, targets]) => !targets.some((target) => left.has(target)));
    if (free.length === 0) break;
    for (const [file] of free) left.delete(file);
  }
  // What is left leads into a circle; what nothing that is left imports is only on the way there.
  for (;;) {
    const targets = new Set([...left.values()].flat());
    const ends = [...left.keys()].filter((file) => !targets.has(file));
    if (ends.length === 0) return [...left.keys()];
    for (const file of ends) left.delete(file);
  }
}

/**
 * A folder of a layer, with all that is in it, is one; a file beside it is one of its own.
 *
 * @param file src/LAYER/FOLDER/…, or src/LAYER/FILE
 */
function roomOf(file: string): string {
  return file.split(path.sep).slice(0, 3).join('/');
}

/** Which rooms of its own layer each room imports from. */
function roomsImported(files: readonly string[]): Map<string, Set<string>> {
  const rooms = new Map<string, Set<string>>();
  for (const file of files) {
    const imports = rooms.get(roomOf(file)) ?? new Set();
    rooms.set(roomOf(file), imports);
    for (const target of filesImportedBy(file)) {
      if (layerOf(target) === layerOf(file) && roomOf(target) !== roomOf(file)) imports.add(roomOf(target));
    }
  }
  return rooms;
}

/** Each with all that it leads to and that leads back to it. */
function circlesIn(imports: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const reached = new Map(
    [...imports.keys()].map((from) => {
      const seen = new Set<string>();
      const left = [from];
      for (let room = left.pop(); room !== undefined; room = left.pop()) {
        for (const target of imports.get(room) ?? []) if (!seen.has(target)) left.push(target);
        for (const target of imports.get(room) ?? []) seen.add(target);
      }
      return [from, seen] as const;
    }),
  );
  const circles = [...reached].map(([from, seen]) =>
    [...seen].filter((to) => reached.get(to)?.has(from) === true).sort(),
  );
  return [...new Set(circles.filter(({ length }) => length > 0).map((circle) => circle.join(' ↔ ')))].sort();
}

/** Circles of rooms that stay, each with what holds it together. */
const CIRCLES: Readonly<Record<string, string>> = {
  'src/models/layout ↔ src/models/model.ts':
    'a folder is opened as a Model, which finds its tokenizer, weights and external data as a folder lays them out',
};

/** The layer of a file of src/, or of what it imports; undefined for a package. */
function layerOf(file: string): string | undefined {
  const [folder, layer] = file.split(path.sep);
  return folder === 'src' ? (layer.endsWith('.ts') ? 'program' : layer) : undefined;
}

describe('layers', () => {
  it.each(sourcesOf('src').filter((file) => layerOf(file) !== 'program'))(
    '%s imports only from the layers above it',
    (file) => {
      const own = LAYERS.indexOf(layerOf(file)!);
      expect(own).toBeGreaterThanOrEqual(0);
      for (const imported of importsOf(file).filter((name) => name.startsWith('.'))) {
        const target = path.join(path.dirname(file), imported);
        const layer = layerOf(target);
        expect({
          imported,
          isAbove: layer !== undefined && LAYERS.indexOf(layer) <= own && LAYERS.includes(layer),
        }).toEqual({
          imported,
          isAbove: true,
        });
      }
    },
  );

  it('has no circle of files', () => {
    const files = [...sourcesOf('src'), ...sourcesOf('plugins')];
    const imports = new Map(files.map((file) => [file, filesImportedBy(file)]));
    expect(inCircles(imports)).toEqual([]);
    // A circle would be found, and what only leads to it or comes from it is not blamed.
    const turning = new Map([['a', ['b']], ['b', ['c']], ['c', ['b', 'd']], ['d', []]]); // prettier-ignore
    expect(inCircles(turning)).toEqual(['b', 'c']);
  });

  it('has no circle of folders within a layer, but for those that are named', () => {
    expect(circlesIn(roomsImported(sourcesOf('src')))).toEqual(Object.keys(CIRCLES));
    const imports = [['a', ['b', 'd']], ['b', ['c']], ['c', ['b', 'e']], ['d', ['e']], ['e', ['d', 'e']]] as const; // prettier-ignore
    expect(circlesIn(new Map(imports.map(([from, to]) => [from, new Set(to)])))).toEqual(['b ↔ c', 'd ↔ e']);
  });

  it('has no file of more than 300 lines', () => {
    const lengths = [...sourcesOf('src'), ...sourcesOf('plugins')].map(
      (file) => [file, readFileSync(path.join(ROOT, file), 'utf8').split('\n').length - 1] as const,
    );
    expect(lengths.filter(([, lines]) => lines > 300)).toEqual([]);
  });

  it.each(sourcesOf('src/core'))('%s of the core uses no package and no Node API', (file) => {
    expect(importsOf(file).filter((name) => !name.startsWith('.'))).toEqual([]);
    expect(readFileSync(path.join(ROOT, file), 'utf8')).not.toMatch(/\b(Buffer|process|require)\b\s*[.(]/);
  });

  it.each(sourcesOf('plugins'))(
    '%s, a plugin, knows nothing of the project but clipgraph/runtime and clipgraph/core',
    (file) => {
      const own = path.dirname(file);
      for (const imported of importsOf(file)) {
        if (imported.startsWith('.')) expect(path.join(own, imported).startsWith(own)).toBe(true);
        else if (imported.startsWith('clipgraph')) expect(FOR_PLUGINS).toContain(imported);
      }
    },
  );

  it('gives plugins a clipgraph/runtime that loads nothing which starts programs or opens sockets', () => {
    jest.isolateModules(() => {
      for (const name of ['node:child_process', 'node:worker_threads', 'node:net', 'node:http']) {
        jest.doMock(name, () => {
          throw new Error(`${name} is loaded`);
        });
      }
      // eslint-disable-next-line @typescript-eslint/no-require-imports -- as a plugin loads it
      expect(require('../src/runtime/index.js')).toHaveProperty('defineRuntime');
      // eslint-disable-next-line @typescript-eslint/no-require-imports -- the suite does start programs
      expect(() => require('../src/conformance/index.js') as unknown).toThrow(/node:\w+ is loaded/);
      jest.resetModules();
    });
  });

  it('does not import a plugin from src', () => {
    const imports = sourcesOf('src').flatMap(importsOf);
    expect(
      imports.filter((name) => /plugins\/(runtimes|stores)\//.test(name) || name.startsWith('onnxruntime')),
    ).toEqual([]);
  });

  it('keeps the library free of GraphQL', () => {
    const imports = ['src/index.ts', 'src/clipgraph.ts'].flatMap(importsOf);
    expect(imports.filter((name) => /\/(graphql|server|cli)\//.test(name))).toEqual([]);
  });
});
