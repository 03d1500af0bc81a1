import { existsSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import vm from 'node:vm';
import { ClipgraphError } from '../errors/index.js';
import { readDefinition, type PluginDefinition } from './definition.js';
import { provideModules } from './provide.js';

/** A plugin's module as the configuration names it, and the folder that the name is read from. */
export interface PluginModule {
  /** A package, or a path or file URL: `clipgraph-triton`, `./triton.mjs`, `C:\triton\index.js`, `file:///…`. */
  readonly specifier: string;
  readonly from: string;
}

/** Where the package's own plugins are. */
const OURS = path.join(__dirname, '..', '..', 'plugins', path.sep);

interface PackageJson {
  readonly name?: string;
  readonly type?: string;
  readonly exports?: unknown;
}

type Importer = (specifier: string) => Promise<{ default?: unknown }>;

/** `import()` of a name as it would be written in a module of this folder: by Node's own rules for ES modules, and from there. */
function importFrom(folder: string): Importer {
  return vm.runInThisContext('(specifier) => import(specifier)', {
    filename: path.join(folder, 'index.js'),
    importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER as never,
  }) as Importer;
}

/** The path that a specifier is, or undefined for a package's name. */
export function pathOf(
  { specifier, from }: PluginModule,
  paths: path.PlatformPath = path,
): string | undefined {
  if (specifier.startsWith('file:')) return fileURLToPath(specifier, { windows: paths.sep === '\\' });
  if (paths.isAbsolute(specifier)) return paths.normalize(specifier);
  const [first] = specifier.split(paths.sep === '\\' ? /[\\/]/ : '/');
  const isRelative = first === '.' || first === '..';
  return isRelative ? paths.resolve(from, specifier) : undefined;
}

function readPackage(folder: string): PackageJson | undefined {
  const file = path.join(folder, 'package.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as PackageJson) : undefined;
}

/** Whether a file is an ES module by its name or by the package that it is in. */
function isEsModule(file: string): boolean {
  const extension = path.extname(file);
  if (extension !== '.js') return extension === '.mjs';
  for (let folder = path.dirname(file); ; folder = path.dirname(folder)) {
    const found = readPackage(folder);
    if (found !== undefined) return found.type === 'module';
    if (folder === path.dirname(folder)) return false;
  }
}

async function loadFile(file: string): Promise<unknown> {
  const load = createRequire(file);
  if (!isEsModule(file)) {
    try {
      return load(file);
    } catch (error) {
      // An ES module that no name and no package.json tells, by its syntax alone.
      const { code, name } = error as NodeJS.ErrnoException;
      if (code?.startsWith('ERR_REQUIRE_') !== true && name !== 'SyntaxError') throw error;
    }
  }
  return import(pathToFileURL(file).href);
}

function notFound({ specifier }: PluginModule, cause?: unknown): ClipgraphError {
  const message = `The plugin "${specifier}" is not found: it is neither an installed package nor a path.`;
  return new ClipgraphError('RUNTIME_NOT_FOUND', message, { cause });
}

/** The file that a path leads to, as `require` finds it; undefined where only `exports` of its package.json tell. */
function fileAt(file: string): string | undefined {
  try {
    return createRequire(file).resolve(file);
  } catch {
    const index = path.join(file, 'index.mjs');
    return existsSync(index) ? index : undefined;
  }
}

async function loadPath(module: PluginModule, target: string): Promise<unknown> {
  const isFolder = existsSync(target) && statSync(target).isDirectory();
  const { name, exports } = (isFolder ? readPackage(target) : undefined) ?? {};
  // A package finds itself by its own name, through its exports.
  if (name !== undefined && exports !== undefined) return importFrom(target)(name);
  const file = fileAt(target);
  if (file === undefined) throw notFound(module);
  return loadFile(file);
}

async function loadPackage(module: PluginModule): Promise<unknown> {
  const { specifier, from } = module;
  let file: string;
  try {
    file = createRequire(path.join(from, 'index.js')).resolve(specifier);
  } catch {
    // For `require` there is none; for `import` there may be.
    try {
      return await importFrom(from)(specifier);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const isOwn = message.includes(`imported from ${path.join(from, 'index.js')}`);
      if (code === 'ERR_MODULE_NOT_FOUND' && isOwn) throw notFound(module, error);
      throw error;
    }
  }
  return loadFile(file);
}

/** A module's default export, however it was loaded: what `import` gives of CommonJS has its exports as the default. */
function defaultOf(loaded: unknown): unknown {
  const hasDefault = (value: unknown): value is { default: unknown } =>
    typeof value === 'object' && value !== null && 'default' in value;
  const once = hasDefault(loaded) ? loaded.default : loaded;
  return hasDefault(once) ? once.default : once;
}

/** CommonJS without exports. */
function isEmptyObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

/**
 * Finds and loads a plugin: CommonJS, an ES module or, in a checkout, TypeScript.
 *
 * @throws RUNTIME_NOT_FOUND when it is not there; TypeError when it defines no plugin; what loading it throws
 */
export async function loadPlugin(module: PluginModule): Promise<PluginDefinition> {
  const target = pathOf(module);
  provideModules({ isOurs: target?.startsWith(OURS) === true });
  const loaded = target === undefined ? await loadPackage(module) : await loadPath(module, target);
  const exported = defaultOf(loaded);
  return readDefinition(isEmptyObject(exported) ? undefined : exported);
}
