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

/** An ES module with the exports of a provided CommonJS one. */
function facadeOf(name: string): string {
  const names = Object.keys(provided[name]).filter((key) => key !== 'default' && key !== '__esModule');
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

function hookInto(facades: ReadonlyMap<string, string>): void {
  const { registerHooks } = Module as unknown as SynchronousHooks;
  if (registerHooks !== undefined) {
    registerHooks({
      resolve(name, context, next) {
        if (!isProvided(name)) return next(name, context);
        const isImport = context.conditions.includes('import');
        const url = (isImport ? facades.get(name) : undefined) ?? pathToFileURL(fileOf(name)).href;
        return { url, shortCircuit: true };
      },
    });
    return;
  }
  const resolver = Module as unknown as Resolver;
  const resolve = resolver._resolveFilename;
  resolver._resolveFilename = function (request, ...rest) {
    return isProvided(request) ? fileOf(request) : resolve.call(this, request, ...rest);
  };
  const hook = `const facades = new Map(${JSON.stringify([...facades])});
    export const resolve = (name, context, next) => facades.has(name)
      ? { url: facades.get(name), shortCircuit: true } : next(name, context);`;
  Module.register(`data:text/javascript,${encodeURIComponent(hook)}`);
}

let isDone = false;

/**
 * Lets a plugin at any path, CommonJS or ES module, find `clipgraph/runtime` as if the package were installed beside it.
 * Takes effect once in a process.
 */
export function provideModules(): void {
  if (isDone) return;
  isDone = true;
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- it is loaded here already, as CommonJS
  for (const name of NAMES) provided[name] = require(fileOf(name)) as object;
  Object.assign(globalThis, { [Symbol.for(KEY)]: provided });
  try {
    hookInto(new Map(NAMES.map((name) => [name, facadeOf(name)])));
  } catch {
    // A test runner that stands in for Node's loader takes no hooks: it resolves the names by its own configuration.
  }
}
