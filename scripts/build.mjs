// Compiles the sources to dist/, bundles the page, and copies GraphiQL's files so that it needs no network.
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { makeImportsLazy } from './lazy-imports.mjs';

const ROOT = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
process.chdir(ROOT);
const require = createRequire(import.meta.url);

/**
 * The licences of the packages that were bundled, as they ask for.
 *
 * @param {import('esbuild').Metafile} metafile
 */
function licencesOf({ inputs }) {
  const folders = new Set(
    Object.keys(inputs).flatMap((input) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? []),
  );
  return [...folders]
    .sort()
    .map((folder) => {
      const { name, version, license } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
      const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
      return `${name} ${version} (${license})\n\n${file === undefined ? '' : readFileSync(path.join(folder, file), 'utf8')}`;
    })
    .join(`\n${'-'.repeat(80)}\n`);
}

/** @param {string} project */
function compile(project) {
  const tsc = [require.resolve('typescript/bin/tsc'), '-p', project];
  const { status } = spawnSync(process.execPath, tsc, { stdio: ['ignore', 2, 2] });
  if (status !== 0) process.exit(status ?? 1);
}

rmSync('dist', { recursive: true, force: true });
compile('tsconfig.build.json');
const migrations = path.join('plugins', 'stores', 'postgres', 'migrations');
cpSync(migrations, path.join('dist', migrations), { recursive: true });

// clipgraph/core as one ES module, for browsers; its declarations say by the package.json beside them that they are of one.
compile(path.join('src', 'core'));
await build({
  entryPoints: [path.join('src', 'core', 'index.ts')],
  outfile: path.join('dist', 'esm', 'core', 'index.js'),
  bundle: true,
  platform: 'neutral',
  format: 'esm',
  target: 'es2022',
  keepNames: true,
  logLevel: 'warning',
});
writeFileSync(path.join('dist', 'esm', 'package.json'), '{ "type": "module" }\n');

// Zod becomes a part of the package without its messages in fifty languages, which took half of the time to load it.
const zod = path.join('dist', 'src', 'zod.js');
const withoutLocales = {
  name: 'without-locales',
  /** @param {import('esbuild').PluginBuild} build */
  setup(build) {
    build.onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({ contents: '' }));
  },
};
const { metafile: zodMetafile } = await build({
  stdin: { contents: "export * from 'zod';", resolveDir: ROOT },
  outfile: zod,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  mainFields: ['module', 'main'],
  conditions: ['import'],
  plugins: [withoutLocales],
  keepNames: true,
  metafile: true,
  logLevel: 'warning',
});
writeFileSync(path.join('dist', 'src', 'zod.LICENSES.txt'), licencesOf(zodMetafile));

for (const folder of ['src', 'plugins']) makeImportsLazy(path.join('dist', folder), { zod });

// Apollo Server becomes a part of the package: docs/decisions/0009-apollo-is-bundled.md.
const { metafile } = await build({
  entryPoints: [path.join('src', 'graphql', 'apollo.ts')],
  outfile: path.join('dist', 'src', 'graphql', 'apollo.js'),
  allowOverwrite: true,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  external: ['graphql', 'graphql/*', 'express'],
  keepNames: true,
  metafile: true,
  logLevel: 'warning',
});
rmSync(path.join('dist', 'src', 'graphql', 'apollo.js.map')); // tsc's, of what was bundled
writeFileSync(path.join('dist', 'src', 'graphql', 'apollo.LICENSES.txt'), licencesOf(metafile));

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
