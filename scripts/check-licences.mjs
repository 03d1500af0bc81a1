// Fails where a package that users install, or that is bundled, is under a licence that is not on the list.
// With --print, lists them.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

process.chdir(path.join(path.dirname(fileURLToPath(import.meta.url)), '..'));

/** Licences that let anybody use, change and pass on the package with no more than a notice. */
const ALLOWED = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
  'Python-2.0',
  'Unlicense',
]);
/** Packages under another licence, each with the reason that it may stay. */
const EXCEPTIONS = new Map([
  [/^@img\/sharp-libvips-/, 'LGPL-3.0-or-later: libvips, loaded as a library of its own; NOTICE names it'],
  [/^@img\/sharp-(win32|wasm32)/, 'Apache-2.0 with the same libvips inside'],
]);

/**
 * @param {string} folder of a package
 * @param {string | undefined} stated in the lock file
 * @returns {string} an SPDX expression
 */
function licenceOf(folder, stated) {
  if (stated !== undefined) return stated;
  const file = path.join(folder, 'package.json');
  if (!existsSync(file)) return 'unknown';
  const { license, licenses } = JSON.parse(readFileSync(file, 'utf8'));
  // Before SPDX, packages stated a list of objects.
  return (
    license?.type ?? license ?? licenses?.map((/** @type {{ type: string }} */ { type }) => type).join(' OR ')
  );
}

/** @param {string} expression one of a choice is enough; of a conjunction, all are needed */
function isAllowed(expression) {
  const choices = expression.replace(/[()]/g, '').split(' OR ');
  return choices.some((choice) => choice.split(' AND ').every((licence) => ALLOWED.has(licence.trim())));
}

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
/** @type {{ name: string, version: string, licence: string }[]} */
const found = [];
for (const [folder, { version, license, dev, devOptional }] of Object.entries(packages)) {
  if (folder === '' || dev === true || devOptional === true) continue;
  const name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
  found.push({ name, version, licence: licenceOf(folder, license) });
}
const bundled = [path.join('graphql', 'apollo'), 'zod']
  .map((name) => readFileSync(path.join('dist', 'src', `${name}.LICENSES.txt`), 'utf8'))
  .join('\n');
for (const [, name, version, licence] of bundled.matchAll(/^(\S+) (\d\S*) \(([^()]+)\)$/gm)) {
  found.push({ name, version, licence });
}
const refused = found.filter(
  ({ name, licence }) => !isAllowed(licence) && ![...EXCEPTIONS.keys()].some((pattern) => pattern.test(name)),
);
if (process.argv.includes('--print')) {
  for (const { name, version, licence } of found) console.log(`${name}@${version}\t${licence}`);
}
for (const { name, version, licence } of refused) {
  console.error(
    `${name}@${version} is under ${licence}, which is not on the list of ${path.basename(import.meta.url)}.`,
  );
}
console.log(`${found.length} packages, ${found.length - refused.length} under an allowed licence`);
process.exitCode = refused.length === 0 ? 0 : 1;
