// Lets every module that tsc has compiled load what it imports when it is first used: docs/decisions/0017-imports-are-lazy.md.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** An import with a name, as tsc writes it: `const index_js_1 = require("./index.js");`. One without a name stays as it is. */
const IMPORT = /^(?:const|var) (\w+_\d+) = ((?:__importDefault|__importStar)?\(?require\("[^"]+"\)\)?);$/gm;

/** An export of what is imported: by this form of it Node would take it for none when an ES module imports the file. */
const EXPORT = /^Object\.defineProperty\(exports, (?="\w+", \{ enumerable: true, get:)/;

/**
 * The code of a CommonJS module of tsc whose imports are functions that load once. No line moves: source maps stay true.
 *
 * @param {string} code
 */
export function withLazyImports(code) {
  const names = Array.from(code.matchAll(IMPORT), ([, name]) => name);
  if (names.length === 0) return code;
  const use = new RegExp(`(?<![\\w$]|(?<!\\.\\.)\\.)(?:${names.join('|')})(?![\\w$])`, 'g');
  return code
    .split('\n')
    .map((line) => {
      const found = new RegExp(IMPORT.source).exec(line);
      if (found !== null)
        return `let ${found[1]}$; const ${found[1]} = () => (${found[1]}$ ??= ${found[2]});`;
      // In brackets for `new`.
      return line.replace(EXPORT, 'Reflect.defineProperty(exports, ').replace(use, '($&())');
    })
    .join('\n');
}

/** Classes that type-graphql must know of before it makes the schema: loading them is an effect. */
const EAGER = path.join('src', 'graphql', path.sep);

/**
 * The same for every module in a folder. Packages that were bundled are imported from where they are now.
 *
 * @param {string} folder
 * @param {Readonly<Record<string, string>>} bundled the file of each, by its name
 */
export function makeImportsLazy(folder, bundled) {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.js')) continue;
    const file = path.join(entry.parentPath, entry.name);
    const compiled = readFileSync(file, 'utf8');
    const code = file.includes(EAGER) ? compiled : withLazyImports(compiled);
    writeFileSync(
      file,
      code.replace(/require\("([^"]+)"\)/g, (whole, /** @type {string} */ name) => {
        if (!Object.hasOwn(bundled, name)) return whole;
        return `require("./${path.relative(entry.parentPath, bundled[name]).replaceAll(path.sep, '/')}")`;
      }),
    );
  }
}
