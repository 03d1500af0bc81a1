import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.join(__dirname, '..', '..');
const NAMED = /npm run (?:-s )?([a-z][a-z:-]*)/g;

const read = (name: string): string => readFileSync(path.join(ROOT, name), 'utf8');

const documents = [
  '.',
  'docs',
  'docs/decisions',
  'plugins/stores/postgres',
  'test/goldens',
  'training',
].flatMap((folder) =>
  readdirSync(path.join(ROOT, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => path.join(folder, name)),
);

it.each([...documents, '.ci/run'])('%s names scripts that there are', (document) => {
  const { scripts } = JSON.parse(read('package.json')) as { readonly scripts: Record<string, string> };
  const named = [...read(document).matchAll(NAMED)].map(([, name]) => name);
  expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
});

it('runs programs that there are', () => {
  const { scripts } = JSON.parse(read('package.json')) as { readonly scripts: Record<string, string> };
  const files = Object.values(scripts).flatMap((command) => command.match(/\S+\.(?:ts|mjs)(?= |$)/g) ?? []);
  expect(files.length).toBeGreaterThan(20);
  expect(files.filter((file) => !existsSync(path.join(ROOT, file)))).toEqual([]);
});
