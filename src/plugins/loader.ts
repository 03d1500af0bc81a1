import Module, { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const NAME = 'clipgraph/runtime';
const TARGET = path.join(__dirname, '..', 'runtime', `index${path.extname(__filename)}`);

/** Node's own resolver of CommonJS names; not in its types, but stable since its first versions. */
interface Resolver {
  _resolveFilename: (this: unknown, request: string, ...rest: unknown[]) => string;
}

/**
 * Lets a plugin at any path find `clipgraph/runtime`, as if the package were installed beside it: the very one that runs
 * it, so that there is only one.
 */
function provideRuntimeModule(): void {
  const resolver = Module as unknown as Resolver;
  const resolve = resolver._resolveFilename;
  resolver._resolveFilename = function (request, ...rest) {
    return request === NAME ? TARGET : resolve.call(this, request, ...rest);
  };
  const hook = `export const resolve = (name, context, next) => name === ${JSON.stringify(NAME)}
    ? { url: ${JSON.stringify(pathToFileURL(TARGET).href)}, shortCircuit: true } : next(name, context);`;
  Module.register(`data:text/javascript,${encodeURIComponent(hook)}`);
}

/**
 * A plugin module's default export, whether it is CommonJS, an ES module or, in a checkout, TypeScript.
 *
 * @param file its path
 */
export async function loadPlugin(file: string): Promise<unknown> {
  provideRuntimeModule();
  if (file.endsWith('.ts')) return (createRequire(__filename)(file) as { default?: unknown }).default;
  const loaded = (await import(pathToFileURL(file).href)) as { default?: unknown };
  // A CommonJS module's exports are the default of what import gives.
  const exported = loaded.default as { default?: unknown } | undefined;
  return typeof exported === 'function' ? exported : exported?.default;
}
