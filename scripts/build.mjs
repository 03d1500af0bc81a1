// Compiles the sources to dist/, bundles the page, and copies GraphiQL's files so that it needs no network.
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
process.chdir(ROOT);
const require = createRequire(import.meta.url);

rmSync('dist', { recursive: true, force: true });
const tsc = spawnSync(
  process.execPath,
  [require.resolve('typescript/bin/tsc'), '-p', 'tsconfig.build.json'],
  {
    stdio: ['ignore', 2, 2],
  },
);
if (tsc.status !== 0) process.exit(tsc.status ?? 1);

const page = path.join('dist', 'web', 'page');
mkdirSync(page, { recursive: true });
for (const file of ['index.html', 'style.css']) cpSync(path.join('web', file), path.join(page, file));
await build({
  entryPoints: [path.join('web', 'page.ts')],
  outfile: path.join(page, 'page.js'),
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  logLevel: 'warning',
});

const graphiql = path.join('dist', 'web', 'graphiql');
mkdirSync(graphiql, { recursive: true });
/** @param {string} name */
const packageFolder = (name) => path.dirname(require.resolve(`${name}/package.json`));
for (const [name, file] of [
  ['graphiql', 'graphiql.min.js'],
  ['graphiql', 'graphiql.min.css'],
  ['react', 'umd/react.production.min.js'],
  ['react-dom', 'umd/react-dom.production.min.js'],
]) {
  copyFileSync(path.join(packageFolder(name), file), path.join(graphiql, path.basename(file)));
}
