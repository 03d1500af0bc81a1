import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { NewRow, SearchAnswer } from 'clipgraph/store';
import { checkAnswer } from '../../../src/stores/conformance/answers.js';
import { specOf } from '../../../src/stores/conformance/place.js';
import { randomOf, rowsOf, vectorsOf } from '../../../src/stores/conformance/rows.js';
import { Catalog } from './catalog.js';
import { packedFileOf, filesIn } from './files.js';
import { KeepPacked } from './keep-packed.js';
import { LoadedVectors } from './loaded-vectors.js';
import { OpenFiles } from './open-files.js';
import { Searching } from './searching.js';
import { readState } from './state.js';
import { removeRows, upsertRows } from './write-rows.js';

const COUNT = 21_010;
const BLOCK_ROWS = 32;
const MAX_BYTES = 2 ** 30;
const ROWS = rowsOf(COUNT, 110);
const MORE = rowsOf(COUNT + 300, 111).slice(COUNT);
const QUERIES = [...vectorsOf(3, 112), ROWS[4321].vector];
const GONE = ROWS.filter((_, i) => i % 40 === 7).map(({ id }) => id);

/** A store with plain calls, without threads. */
class Place {
  readonly catalog: Catalog;
  readonly open: OpenFiles;
  readonly file: string;
  readonly key: string;

  constructor(root: string) {
    const files = filesIn(root);
    this.catalog = new Catalog(files);
    if (this.catalog.list().length === 0) this.catalog.create(specOf('things'));
    this.key = this.catalog.find('things').key;
    this.file = files.collection(this.key);
    this.open = new OpenFiles(files, this.catalog);
  }

  get packed(): string {
    return packedFileOf(this.file);
  }

  add(rows: readonly NewRow[]): void {
    const vectors = Float32Array.from(rows.flatMap(({ vector }) => [...vector]));
    const plain = rows.map((row) => ({ ...row, vector: undefined, metadata: JSON.stringify(row.metadata) }));
    this.open.withFile(this.key, (database) => {
      upsertRows(database, plain, vectors, MAX_BYTES);
    });
  }

  remove(ids: readonly string[]): void {
    this.open.withFile(this.key, (database) => removeRows(database, ids));
  }

  /** What a search of somebody who has nothing in memory yet says; afterwards the packed vectors are kept. */
  async search(): Promise<SearchAnswer[]> {
    const searching = new Searching(
      new OpenFiles(filesIn(path.dirname(path.dirname(this.file))), this.catalog),
      MAX_BYTES,
    );
    const queries = Float32Array.from(QUERIES.flatMap((query) => [...query]));
    const request = { limit: 25, effort: 'exact' } as const;
    try {
      return await searching.search(this.key, queries, request, new AbortController().signal);
    } finally {
      searching.close();
    }
  }

  load(): LoadedVectors {
    return this.open.withFile(this.key, (database) => {
      const state = readState(database);
      const loaded = new LoadedVectors(state);
      for (const steps = loaded.refresh(database, state); steps.next().done !== true;);
      return loaded;
    });
  }

  async check(rows: readonly NewRow[]): Promise<void> {
    const request = { limit: 25, effort: 'exact' } as const;
    for (const [i, answer] of (await this.search()).entries()) checkAnswer(answer, rows, QUERIES[i], request);
  }

  close(): void {
    this.open.close();
    this.catalog.close();
  }
}

describe('the packed vectors that the embedded store keeps', () => {
  const root = mkdtempSync(path.join(tmpdir(), 'clipgraph-packed-'));
  const made = path.join(root, 'made');
  let copies = 0;

  /** A copy of a collection of `COUNT` rows, searched once. */
  async function inCopy(work: (place: Place, folder: string) => Promise<void>): Promise<void> {
    const folder = path.join(root, `copy-${copies++}`);
    cpSync(made, folder, { recursive: true });
    const place = new Place(folder);
    try {
      await work(place, folder);
    } finally {
      place.close();
    }
  }

  beforeAll(async () => {
    const place = new Place(made);
    for (let i = 0; i < COUNT; i += 5000) place.add(ROWS.slice(i, i + 5000));
    place.remove(GONE);
    await place.search();
    place.close();
  });
  afterAll(() => {
    rmSync(root, { recursive: true });
  });
  const left = ROWS.filter(({ id }) => !GONE.includes(id));

  it('are written once, are read by the next one instead of the vectors, and give the same answers', () =>
    inCopy(async (place) => {
      expect(existsSync(place.packed)).toBe(true);
      // The last block is not whole.
      expect(place.load().readBlocks).toBe(COUNT % BLOCK_ROWS === 0 ? 0 : 1);
      await place.check(left);
    }));

  it('are read beside what was added since', () =>
    inCopy(async (place) => {
      place.add(MORE); // Takes the numbers of rows that were removed.
      expect(existsSync(place.packed)).toBe(true);
      expect(place.load().readBlocks).toBeLessThanOrEqual(MORE.length + 1);
      await place.check([...left, ...MORE]);
    }));

  it.each([
    ['removed', (place: Place) => { place.remove([ROWS[100].id]); }, left.filter((row) => row !== ROWS[100])],
    ['replaced', (place: Place) => { place.add([{ ...ROWS[100], vector: MORE[0].vector }]); },
      left.map((row) => row === ROWS[100] ? { ...row, vector: MORE[0].vector } : row)],
  ] as const)('are off the disk before an item is said to be %s', (_, change, rows) => inCopy(async (place) => {
    change(place);
    const names = readdirSync(path.dirname(place.file));
    expect(names.filter((name) => name.includes('packed'))).toEqual([]);
    await place.check(rows);
    expect(existsSync(place.packed)).toBe(true);
    await place.check(rows);
  })); // prettier-ignore

  it('stay where an item is written as it was', () =>
    inCopy(async (place) => {
      place.add([{ ...ROWS[100], metadata: { new: 1 } }]);
      expect(existsSync(place.packed)).toBe(true);
      await place.check(left);
    }));

  it('are passed over as far as they are damaged, wherever that is', () =>
    inCopy(async (place) => {
      const sound = await place.search();
      const bytes = readFileSync(place.packed);
      const random = randomOf(113);
      const places = [0, 5, 9, 13, 17, 21, 25, 30, 400, bytes.length - 1];
      const damages: (() => void)[] = [
        ...[...places, ...Array.from({ length: 6 }, () => Math.floor(random() * bytes.length))].map(
          (at) => () => {
            const damaged = Buffer.from(bytes);
            damaged[at] ^= 1 << (at % 8);
            writeFileSync(place.packed, damaged);
          },
        ),
        ...[0, 3, 20, 5000, bytes.length / 2, bytes.length - 1].map((length) => () => {
          writeFileSync(place.packed, bytes);
          truncateSync(place.packed, Math.floor(length));
        }),
        () => { writeFileSync(place.packed, Buffer.alloc(100_000, 'PNG and so on')); }, // prettier-ignore
      ];
      for (const damage of damages) {
        damage();
        expect(await place.search()).toEqual(sound);
      }
    }));

  it('of another state of the collection are not taken for those of this one', () =>
    inCopy(async (place, folder) => {
      const before = path.join(root, `before-${copies}`);
      cpSync(folder, before, { recursive: true });
      const packed = place.packed;
      place.add(MORE);
      await place.search();
      place.close();
      // A backup is put back beside the newer packed vectors; then as many are added as there were, others.
      const name = path.basename(place.file);
      cpSync(path.join(before, 'collections', name), place.file);
      const back = new Place(folder);
      const others = rowsOf(COUNT + MORE.length, 114).slice(COUNT);
      back.add(others);
      expect(existsSync(packed)).toBe(true);
      await back.check([...left, ...others]);
      back.close();
    }));

  it('go with their collection', () =>
    inCopy(async (place, folder) => {
      place.catalog.drop('things');
      place.catalog.sweep();
      expect(
        readdirSync(path.join(folder, 'collections')).filter((name) => name.startsWith(place.key)),
      ).toEqual([]);
      return Promise.resolve();
    }));

  it('are not kept when something was taken away since they were read', () =>
    inCopy((place) => {
      const loaded = place.load();
      place.remove([ROWS[100].id]);
      const keeping = new KeepPacked(place.open);
      keeping.consider(place.key, loaded, BLOCK_ROWS);
      keeping.close();
      expect(readdirSync(path.dirname(place.file)).filter((name) => name.includes('packed'))).toEqual([]);
      return Promise.resolve();
    }));
});
