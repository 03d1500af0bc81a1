// Writes the tables of docs/errors.md and docs/configuration.md from the code: between the markers, nothing else.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { format, resolveConfig } from 'prettier';
import { CONFIG_KEYS, configSchema, variableOf } from '../src/config/index.js';
import { ERROR_CODES, ERRORS } from '../src/errors/index.js';

const DOCS = path.join(__dirname, '..', 'docs');

/** What depends on the machine is said, not printed. */
const SAID: Readonly<Record<string, string>> = {
  'preparation.workers': 'as many as cores, as far as half of the memory suffices',
  'limits.maxBytesUnderWay': 'a quarter of the memory of the machine or container',
};

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function defaultOf(keys: readonly string[]): string {
  const value = keys.reduce<unknown>(
    (tree, key) => (tree as Record<string, unknown>)[key],
    configSchema.parse({}),
  );
  return SAID[keys.join('.')] ?? `\`${JSON.stringify(value)}\``;
}

const TABLES = {
  'errors.md': [
    row(['code', 'what it means', 'what to do']),
    row(['---', '---', '---']),
    ...ERROR_CODES.map((code) => row([`\`${code}\``, ERRORS[code].meaning, ERRORS[code].remedy])),
  ],
  'configuration.md': [
    row(['key', 'default', 'what it is', 'environment']),
    row(['---', '---', '---', '---']),
    ...CONFIG_KEYS.map(({ path: keys, description }) =>
      row([`\`${keys.join('.')}\``, defaultOf(keys), description, `\`${variableOf(keys)}\``]),
    ),
  ],
};

/** A document with its table as the code has it. */
async function withTable(name: keyof typeof TABLES): Promise<string> {
  const file = path.join(DOCS, name);
  const [before, after] = readFileSync(file, 'utf8').split(/<!-- table -->[^]*<!-- \/table -->/);
  const text = `${before}<!-- table -->\n\n${TABLES[name].join('\n')}\n\n<!-- /table -->${after}`;
  return format(text, { ...(await resolveConfig(file)), parser: 'markdown' });
}

async function main(): Promise<void> {
  for (const name of Object.keys(TABLES) as (keyof typeof TABLES)[]) {
    const file = path.join(DOCS, name);
    const text = await withTable(name);
    if (!process.argv.includes('--check')) writeFileSync(file, text);
    else if (text !== readFileSync(file, 'utf8')) {
      process.exitCode = 1;
      process.stderr.write(`docs/${name} is not what the code says: npm run docs:tables\n`);
    }
  }
}

void main();
