import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

function findRoot(folder: string): string {
  return existsSync(path.join(folder, 'package.json')) ? folder : findRoot(path.dirname(folder));
}

/** The folder of the package, whether it runs from its source or compiled. */
export const PACKAGE_ROOT = findRoot(__dirname);

export const VERSION = (
  JSON.parse(readFileSync(path.join(PACKAGE_ROOT, 'package.json'), 'utf8')) as { version: string }
).version;
