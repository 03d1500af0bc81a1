import { cpSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ClipgraphError, type Attachment, type NewRow } from 'clipgraph/store';
import { specOf } from '../../../src/stores/conformance/place.js';
import { randomOf, rowsOf } from '../../../src/stores/conformance/rows.js';
import { Catalog } from './catalog.js';
import { openDatabase, type Database } from './database.js';
import { filesIn, type StoreFiles } from './files.js';
import { FORMAT } from './format.js';
import { LoadedMetadata } from './loaded-metadata.js';
import { LoadedVectors } from './loaded-vectors.js';
import { OpenFiles } from './open-files.js';
import { getAttachment, getRows, scanPage } from './reading.js';
import { readState } from './state.js';
import { removeRows, upsertRows } from './write-rows.js';

const ROWS: NewRow[] = rowsOf(150, 90).map((row, i) => ({
  ...row,
  thumbnail: i % 10 === 0 ? Buffer.from(`thumbnail of ${row.id}`) : undefined,
}));
const GONE = ROWS.filter((_, i) => i % 7 === 3).map(({ id }) => id);
const MAX_BYTES = 2 ** 30;
const FLIPS = process.env.CLIPGRAPH_FULL === undefined ? 150 : 3000;

/** Fills a store with plain calls, without threads, and closes it. */
function makeStoreIn(root: string): StoreFiles {
  const files = filesIn(root);
  const catalog = new Catalog(files);
  catalog.create(specOf('things'));
  const { key } = catalog.find('things');
  const open = new OpenFiles(files, catalog);
  const vectors = Float32Array.from(ROWS.flatMap(({ vector }) => [...vector]));
  const rows = ROWS.map((row) => ({ ...row, vector: undefined, metadata: JSON.stringify(row.metadata) }));
  open.withFile(key, (database) => {
    upsertRows(database, rows, vectors, MAX_BYTES);
    removeRows(database, GONE);
  });
  open.close();
  catalog.close();
  return files;
}

function finish<Result>(steps: Generator<unknown, Result>): Result {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

/** All that can be asked, each answer as text; what is refused as its message. */
function askAll(files: StoreFiles): Map<string, string> {
  const answers = new Map<string, string>();
  const catalog = new Catalog(files);
  const open = new OpenFiles(files, catalog);
  const ask = (name: string, work: () => unknown): void => {
    try {
      answers.set(name, JSON.stringify(work()));
    } catch (error) {
      if (!(error instanceof ClipgraphError) || error.code !== 'STORE_UNAVAILABLE') throw error;
      answers.set(name, `refused: ${error.message}`);
    }
  };
  const read = (name: string, work: (database: Database) => unknown): void => {
    ask(name, () => open.withFile(catalog.find('things').key, work));
  };
  try {
    ask('list', () => catalog.list());
    for (const { id } of ROWS) {
      read(`get ${id}`, (database) => getRows(database, [id]));
      for (const kind of ['thumbnail', 'original'] satisfies Attachment[]) {
        read(`${kind} ${id}`, (database) => {
          const bytes = getAttachment(database, id, kind);
          return bytes === undefined ? 'none' : Buffer.from(bytes).toString();
        });
      }
    }
    read('scan', (database) => {
      const rows: unknown[] = [];
      for (let next: string | undefined; ;) {
        const page = scanPage(database, next, 40, undefined);
        rows.push(...page.rows);
        next = page.next;
        if (next === undefined) return rows;
      }
    });
    read('filter', (database) => {
      const filter = { path: ['tenth'], lt: 4 } as const;
      return [...finish(new LoadedMetadata(Infinity).select(database, readState(database), filter))];
    });
    read('vectors', (database) => {
      const state = readState(database);
      const loaded = new LoadedVectors(state);
      finish(loaded.refresh(database, state));
      const vectorOf = loaded.reader(database, state);
      return [...loaded.index.rows].map((row) => [...vectorOf(row)]);
    });
  } finally {
    open.close();
    catalog.close();
  }
  return answers;
}

describe('a damaged file of the embedded store', () => {
  const root = mkdtempSync(path.join(tmpdir(), 'clipgraph-damage-'));
  const made = path.join(root, 'made');
  let key: string;
  let sound: Map<string, string>;

  beforeAll(() => {
    const files = makeStoreIn(made);
    key = new Catalog(files).find('things').key;
    sound = askAll(files);
  });
  afterAll(() => {
    rmSync(root, { recursive: true });
  });

  /** Every answer is the one of the sound file, or names the file that is damaged; nothing is written into it. */
  function checkDamaged(damage: (file: (name: 'catalog' | 'collection') => string) => void): number {
    const copy = path.join(root, 'copy');
    rmSync(copy, { recursive: true, force: true });
    cpSync(made, copy, { recursive: true });
    const files = filesIn(copy);
    const paths = { catalog: files.catalog, collection: files.collection(key) };
    damage((name) => paths[name]);
    const before = Object.values(paths).map((file) => readFileSync(file));
    let refused = 0;
    for (const [name, answer] of askAll(files)) {
      if (answer === sound.get(name)) continue;
      refused++;
      expect([name, answer]).toEqual([
        name,
        expect.stringMatching(/^refused: (catalog|[0-9a-f]{32})\.sqlite /),
      ]);
      expect(answer).not.toMatch(/\//);
    }
    expect(Object.values(paths).map((file) => readFileSync(file).equals(before.shift()!))).toEqual([
      true,
      true,
    ]);
    return refused;
  }

  it('answers as it was written as long as nothing is damaged', () => {
    expect([...sound.values()].filter((answer) => answer.startsWith('refused'))).toEqual([]);
    expect(checkDamaged(() => undefined)).toBe(0);
    expect(JSON.parse(sound.get('scan')!)).toHaveLength(ROWS.length - GONE.length);
  });

  it('gives no wrong answer after a bit was flipped, wherever', () => {
    const random = randomOf(91);
    let refused = 0;
    for (let i = 0; i < FLIPS; i++) {
      refused += checkDamaged((fileOf) => {
        const file = fileOf(i % 4 === 0 ? 'catalog' : 'collection');
        const bytes = readFileSync(file);
        bytes[Math.floor(random() * bytes.length)] ^= 1 << Math.floor(random() * 8);
        writeFileSync(file, bytes);
      });
    }
    expect(refused).toBeGreaterThan(50);
  });

  it('answers, or says so, where a text is no UTF-8 any more', () => {
    const { id, text } = ROWS[40];
    const places: readonly (readonly ['catalog' | 'collection', string])[] = [
      ['collection', id],
      ['collection', text!],
      ['collection', 'tenth'],
      ['collection', '"blockRows"'],
      ['catalog', key],
      ['catalog', 'things'],
      ['catalog', '"model"'],
      ['catalog', 'CREATE TABLE'],
      ['collection', 'CREATE TABLE'],
    ];
    for (const [name, wanted] of places) {
      checkDamaged((fileOf) => {
        const bytes = readFileSync(fileOf(name));
        let found = 0;
        for (let at = bytes.indexOf(wanted); at >= 0; at = bytes.indexOf(wanted, at + 1), found++) {
          bytes[at + 1] = 0xff;
        }
        expect(found).toBeGreaterThan(0);
        writeFileSync(fileOf(name), bytes);
      });
    }
  });

  it('takes no file away because the list of collections is damaged', () => {
    const random = randomOf(92);
    for (let i = 0; i < FLIPS / 3; i++) {
      const copy = path.join(root, 'swept');
      rmSync(copy, { recursive: true, force: true });
      cpSync(made, copy, { recursive: true });
      const files = filesIn(copy);
      const bytes = readFileSync(files.catalog);
      // The pages of the table and of its index, at the places that are written.
      const written = [...bytes.keys()].filter((at) => bytes[at] !== 0);
      bytes[written[Math.floor(random() * written.length)]] ^= 1 << Math.floor(random() * 8);
      writeFileSync(files.catalog, bytes);
      const before = readFileSync(files.collection(key));
      const catalog = new Catalog(files);
      try {
        catalog.create(specOf('another'));
        catalog.sweep();
      } catch (error) {
        if (!(error instanceof ClipgraphError)) throw error;
      } finally {
        catalog.close();
      }
      expect(readFileSync(files.collection(key)).equals(before)).toBe(true);
    }
  });

  it('gives no wrong answer after bytes of an id, a text or a vector were overwritten', () => {
    const { id, text, vector } = ROWS[40];
    for (const wanted of [
      Buffer.from(id),
      Buffer.from(text!),
      Buffer.from(vector.buffer, vector.byteOffset, 16),
    ]) {
      for (let nth = 0; nth < 3; nth++) {
        let isThere = false;
        const refused = checkDamaged((fileOf) => {
          const bytes = readFileSync(fileOf('collection'));
          let at = -1;
          for (let i = 0; i <= nth; i++) at = bytes.indexOf(wanted, at + 1);
          isThere = at >= 0;
          if (isThere) bytes[at + 2] ^= 0x15;
          writeFileSync(fileOf('collection'), bytes);
        });
        if (nth === 0) expect(isThere).toBe(true);
        expect(refused > 0).toBe(isThere);
      }
    }
  });

  it.each([0, 1, 100, 4096, 8192, 20_000])('says that it is damaged when it is cut to %d bytes', (length) => {
    expect(checkDamaged((fileOf) => { truncateSync(fileOf('collection'), length); })).toBeGreaterThan(100); // prettier-ignore
  });

  it('says so when something else is in its place', () => {
    expect(checkDamaged((fileOf) => { writeFileSync(fileOf('collection'), 'PNG and so on '.repeat(1000)); })).toBeGreaterThan(100); // prettier-ignore
    expect(checkDamaged((fileOf) => { writeFileSync(fileOf('catalog'), Buffer.alloc(50_000)); })).toBeGreaterThan(100); // prettier-ignore
  });

  it('says which version wrote it when that is a later one', () => {
    for (const name of ['catalog', 'collection'] as const) {
      let file = '';
      const copyOf = (fileOf: (name: 'catalog' | 'collection') => string): void => {
        file = fileOf(name);
        const database = openDatabase(file);
        database.exec(`pragma user_version = ${FORMAT + 1}`);
        database.close();
      };
      expect(checkDamaged(copyOf)).toBeGreaterThan(100);
      const answer = [...askAll(filesIn(path.join(root, 'copy'))).values()].at(-1);
      expect(answer).toBe(
        `refused: ${path.basename(file)} was written by a later version of Clipgraph (format 2; this one knows 1). Update Clipgraph.`,
      );
    }
  });
});
