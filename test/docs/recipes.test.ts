import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describeWithPostgresUrl } from '../postgres/describe-with-postgres.js';
import { runServer } from '../running-server.js';

const ROOT = path.join(__dirname, '..', '..');
const MAIN = path.join(ROOT, 'dist', 'src', 'cli', 'main.js');
const EXAMPLES = path.join(ROOT, 'examples');
/** What fetches a model is tried where a hub is. */
const NEEDS_A_HUB = 'openai/';

/** The blocks of each recipe in a language. */
function blocksOf(language: string): ReadonlyMap<string, readonly string[]> {
  const [, ...sections] = readFileSync(path.join(ROOT, 'docs', 'recipes.md'), 'utf8').split(/^## /m);
  const fence = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm');
  return new Map(
    sections.map((section) => [
      section.slice(0, section.indexOf('\n')),
      Array.from(section.matchAll(fence), ([, block]) => block),
    ]),
  );
}

const work = mkdtempSync(path.join(tmpdir(), 'clipgraph-recipes-'));
beforeAll(() => {
  for (const folder of ['photos', 'generations', 'products', 'cars']) {
    mkdirSync(path.join(work, folder));
    if (folder === 'cars') continue;
    for (const name of readdirSync(EXAMPLES))
      copyFileSync(path.join(EXAMPLES, name), path.join(work, folder, name));
  }
  copyFileSync(path.join(EXAMPLES, 'dog.png'), path.join(work, 'photos', 'copy.png'));
  copyFileSync(path.join(EXAMPLES, 'cat.jpg'), path.join(work, 'photo.jpg'));
  mkdirSync(path.join(work, 'node_modules'));
  symlinkSync(ROOT, path.join(work, 'node_modules', 'clipgraph'));
});

/** Runs what a recipe types, each command as it stands, and gives what was printed. */
function type(recipe: string): string {
  const hasNumpy = spawnSync('python3', ['-c', 'import numpy']).status === 0;
  const commands = (blocksOf('sh').get(recipe) ?? [])
    .join('')
    .split('\n')
    .filter((line) => !line.includes(NEEDS_A_HUB) && (hasNumpy || !line.startsWith('python3')));
  expect(commands.length).toBeGreaterThan(1);
  const program = `clipgraph() { "${process.execPath}" "${MAIN}" "$@"; }\nset -eo pipefail\n${commands.join('\n')}`;
  const { status, stdout, stderr } = spawnSync('bash', ['-c', program], {
    cwd: work,
    encoding: 'utf8',
    env: { ...process.env, XDG_DATA_HOME: path.join(work, 'data') },
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: expect.not.stringMatching(/[A-Z]{4,}_[A-Z]+:/) });
  return stdout;
}

describe('a recipe', () => {
  it('finds my photos', () => {
    const printed = type('Search my photos');
    expect(printed).toContain('photos/: 6 added, 0 unchanged, 1 passed over');
    expect(printed).toContain(`file://${path.join(work, 'photos')}`);
  }, 120_000);

  it('finds duplicates before training', () => {
    expect(type('Find duplicates before training')).toMatch(/exact copy {2}(dog|copy)\.png/);
    const groups = JSON.parse(readFileSync(path.join(work, 'groups.json'), 'utf8')) as { items: object[] }[];
    expect(groups.map(({ items }) => items.length)).toEqual([2]);
  }, 120_000);

  it('tells which generation fits its prompt', () => {
    expect(type('Which of my generations fits its prompt')).toContain(path.join(work, 'generations'));
  }, 120_000);

  it('backs up and restores', () => {
    const printed = type('Back up and restore');
    for (const name of ['restored', 'from-python', 'from-parquet']) {
      expect(printed).toContain(`${name}: 6 items written; it has 6.`);
    }
  }, 120_000);
});

describeWithPostgresUrl('a recipe', (url) => {
  it('keeps the products of a web shop in Postgres, and finds them from a program and over HTTP', async () => {
    const [program] = blocksOf('js').get('An index in Postgres for a web shop') ?? [];
    writeFileSync(path.join(work, 'products.mjs'), program);
    const run = () =>
      spawnSync(process.execPath, ['products.mjs'], {
        cwd: work,
        encoding: 'utf8',
        env: { ...process.env, SHOP_DATABASE: url() },
      });
    const { stdout, stderr } = run();
    expect({ stdout, stderr }).toEqual({ stdout: expect.stringMatching(/^A-1 0\.\d\d\n$/), stderr: '' });
    expect(run().stdout).toBe(stdout);

    const server = await runServer({ store: 'postgres', stores: { postgres: { url: url() } } });
    try {
      const [query] = blocksOf('graphql').get('An index in Postgres for a web shop') ?? [];
      const { data } = await server.post(query, { words: 'a dog' });
      const { hits } = (data as { search: { hits: { item: object }[] } }).search;
      expect(hits.map(({ item }) => item)).toEqual([{ id: 'A-1', metadata: { price: 35, inStock: true } }]);
    } finally {
      await server.close();
    }
  }, 120_000);
});
