import Module from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

/** What plugins import of the project, and where it is: the very modules that run them, so that there is one of each. */
const PROVIDED = {
  'clipgraph/runtime': 'runtime',
  'clipgraph/store': 'stores',
  'clipgraph/core': 'core',
} as const;
type Provided = keyof typeof PROVIDED;
const NAMES = Object.keys(PROVIDED) as Provided[];

const EXTENSION = path.extname(__filename);
const fileOf = (name: Provided): string => path.join(__dirname, '..', PROVIDED[name], `index${EXTENSION}`);
const isProvided = (name: string): name is Provided => Object.hasOwn(PROVIDED, name);

/** Under this symbol of `globalThis` an ES module finds what is provided: hooks may run in a thread of their own. */
const KEY = 'clipgraph.provided';
const provided: Record<string, object> = {};

function load(name: Provided): object {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- who loads plugins is CommonJS
  provided[name] ??= require(fileOf(name)) as object;
  return provided[name];
}

/** An ES module with the exports of a provided CommonJS one. */
function facadeOf(name: Provided): string {
  const names = Object.keys(load(name)).filter((key) => key !== 'default' && key !== '__esModule');
  const source = `export const { ${names.join(', ')} } = globalThis[Symbol.for(${JSON.stringify(KEY)})][${JSON.stringify(name)}];`;
  return `data:text/javascript,${encodeURIComponent(source)}`;
}

/** Node's own resolver of CommonJS names; not in its types, but stable since its first versions. */
interface Resolver {
  _resolveFilename: (this: unknown, request: string, ...rest: unknown[]) => string;
}

interface ResolveContext {
  readonly conditions: readonly string[];
}
interface Resolved {
  readonly url: string;
  readonly shortCircuit?: boolean;
}
type Next = (name: string, context: ResolveContext) => Resolved;

/** Since Node 22.15; not in the types of Node 20. */
interface SynchronousHooks {
  registerHooks?: (hooks: {
    resolve: (name: string, context: ResolveContext, next: Next) => Resolved;
  }) => void;
}

const { registerHooks } = Module as unknown as SynchronousHooks;

/** For `require` alone: it costs nothing. */
function hookIntoRequire(): void {
  const resolver = Module as unknown as Resolver;
  const resolve = resolver._resolveFilename;
  resolver._resolveFilename = function (request, ...rest) {
    return isProvided(request) ? fileOf(request) : resolve.call(this, request, ...rest);
  };
}

/** For `import`: before Node 22.15 hooks run in a thread, whose start takes as long as that of a process. */
function hookIntoImport(): void {
  if (registerHooks !== undefined) {
    registerHooks({
      resolve(name, context, next) {
        if (!isProvided(name)) return next(name, context);
        const isImport = context.conditions.includes('import');
        return { url: isImport ? facadeOf(name) : pathToFileURL(fileOf(name)).href, shortCircuit: true };
      },
    });
    return;
  }
  const facades = NAMES.map((name) => [name, facadeOf(name)]);
  const hook = `const facades = new Map(${JSON.stringify(facades)});
    export const resolve = (name, context, next) => facades.has(name)
      ? { url: facades.get(name), shortCircuit: true } : next(name, context);`;
  Module.register(`data:text/javascript,${encodeURIComponent(hook)}`);
}

/** What has been done in this process. */
const done = new Set<() => void>();

function once(hook: () => void): void {
  if (done.has(hook)) return;
  done.add(hook);
  try {
    hook();
  } catch {
    // A test runner that stands in for Node's loader takes no hooks: it resolves the names by its own configuration.
  }
}

/**
 * Lets a plugin at any path, CommonJS or ES module, find `clipgraph/runtime` as if the package were installed beside it.
 * Takes effect once in a process.
 *
 * @param options.isOurs the plugin is one of the package's, of which none is an ES module
 */
export function provideModules({ isOurs }: { readonly isOurs: boolean }): void {
  once(hookIntoRequire);
  if (isOurs) return;
  Object.assign(globalThis, { [Symbol.for(KEY)]: provided });
  once(hookIntoImport);
}
