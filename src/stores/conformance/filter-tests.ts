import { check } from '../../runtime/conformance/checks.js';
import type { NewRow, Row, StoredCollection } from '../contract.js';
import { matches, type Filter } from '../filter.js';
import { jsonTypeOf, type Json, type JsonObject } from '../json.js';
import { searchAndCheck } from './answers.js';
import { randomOf, rowOf, rowsOf, vectorsOf, withMetadata } from './rows.js';
import { tests } from './tests.js';

/** Keys that mean something in paths of JSON and in SQL. */
const KEYS = [
  'a', 'b', '', 'a.b', 'a"b', "a'b", '$', '$.a', '[0]', 'a[0]', '0', '#', '#-1', '*', '%', '_', '\\', '\\"', '?', '@',
  '{a}', 'a b', 'é', 'e\u0301', '\u{1f600}', '__proto__', 'constructor', 'toString', 'length', 'null', 'A', '\n', '-- ', '/*', '; drop',
]; // prettier-ignore
const VALUES: readonly Json[] = [
  null, true, false, 0, -0, 1, -1, 1.5, 0.1 + 0.2, 1e21, 1e-7, 2 ** 53, 2 ** 53 + 2, -(2 ** 63), 2 ** 64, 1e308, 5e-324,
  '', '0', '1', 'true', 'null', 'a', 'A', 'ab', 'a%', 'a_', 'a\\', 'a*', 'a?', "a'", 'a"', ' a', 'a ', 'é', 'e\u0301', 'ß', '\uffff', '\u{1f600}',
  '\u{1f600}!', '\ue000', '1e3', '2020-01-01', '{}', '[]', [], {}, [1], ['1'], [1, 2], [2, 1], [[1]], [null], { a: 1 }, { a: 1, b: 2 },
  { b: 2, a: 1 }, { a: { b: [1, { c: null }] } }, { '': 1 },
]; // prettier-ignore

interface Picker {
  readonly random: () => number;
  one<Value>(values: readonly Value[]): Value;
}

function pickerOf(seed: number): Picker {
  const random = randomOf(seed);
  return { random, one: (values) => values[Math.floor(random() * values.length)] };
}

/** An object with the keys as they are, `__proto__` among them. */
function objectOf(entries: readonly (readonly [string, Json])[]): JsonObject {
  return JSON.parse(
    `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join()}}`,
  ) as JsonObject;
}

function metadataOf(picker: Picker, depth = 0): JsonObject {
  const entries = new Map<string, Json>();
  const count = Math.floor(picker.random() * 5);
  for (let i = 0; i < count; i++) {
    const key = picker.random() < 0.5 ? picker.one(KEYS.slice(0, 2)) : picker.one(KEYS);
    const isNested = depth < 3 && picker.random() < 0.3;
    entries.set(key, isNested ? metadataOf(picker, depth + 1) : picker.one(VALUES));
  }
  return objectOf([...entries]);
}

/** A path that leads somewhere, mostly. */
function pathOf(picker: Picker, metadata: JsonObject): string[] {
  const path: string[] = [];
  let value: Json = metadata;
  for (;;) {
    const object: JsonObject = jsonTypeOf(value) === 'object' ? (value as JsonObject) : {};
    const keys: string[] = Object.keys(object);
    if (keys.length === 0 || (path.length > 0 && picker.random() < 0.3)) break;
    const key = picker.one(keys);
    path.push(key);
    value = object[key];
  }
  if (path.length === 0 || picker.random() < 0.2) path.push(picker.one(KEYS));
  return path;
}

function conditionOf(picker: Picker, rows: readonly Row[]): Filter {
  const path = pathOf(picker, picker.one(rows).metadata);
  const bounds = VALUES.filter((value) => typeof value === 'number' || typeof value === 'string');
  const bound = picker.one(bounds);
  return picker.one<Filter>([
    { path, eq: picker.one(VALUES) },
    { path, in: [picker.one(VALUES), picker.one(VALUES), picker.one(VALUES)] },
    { path, lt: bound },
    { path, lte: bound },
    { path, gt: bound },
    { path, gte: bound },
    { path, exists: picker.random() < 0.5 },
    { path, startsWith: picker.one(bounds.filter((value) => typeof value === 'string')) },
  ]);
}

function filterOf(picker: Picker, rows: readonly Row[], depth = 0): Filter {
  const inner = (): Filter => filterOf(picker, rows, depth + 1);
  const kind = depth >= 3 ? 1 : picker.random();
  if (kind < 0.15) return { all: Array.from({ length: Math.floor(picker.random() * 3) }, inner) };
  if (kind < 0.35) return { any: Array.from({ length: Math.floor(picker.random() * 4) }, inner) };
  if (kind < 0.5) return { not: inner() };
  if (kind < 0.55) return { modality: picker.one(['TEXT', 'IMAGE', 'VECTOR', 'BLEND'] as const) };
  if (kind < 0.6) return { root: picker.one(['root a', 'root b', 'none', '']) };
  return conditionOf(picker, rows);
}

async function checkFilter(
  things: StoredCollection,
  rows: readonly (NewRow & Row)[],
  filter: Filter,
): Promise<void> {
  const expected = rows.filter((row) => matches(row, filter)).map(({ id }) => id);
  const found: string[] = [];
  for await (const { id } of things.scan({ filter })) found.push(id);
  check(found.join('\n') === expected.join('\n'), () => {
    const wrong = rows.filter(({ id }) => found.includes(id) !== expected.includes(id));
    const metadata = wrong.slice(0, 3).map((row) => JSON.stringify(row.metadata));
    return `the filter ${JSON.stringify(filter)} is wrong about ${wrong.length} rows: ${metadata.join(' ')}`;
  });
  const count = await things.count(filter);
  check(
    count === expected.length,
    () => `count says ${count} of ${JSON.stringify(filter)}, not ${expected.length}`,
  );
}

/** Rows whose metadata is drawn; some of pictures, some of files. */
function drawnRows(picker: Picker, count: number): (NewRow & Row)[] {
  const modalities = ['TEXT', 'IMAGE', 'VECTOR', 'BLEND'] as const;
  return vectorsOf(count, 20).map((vector, i) => ({
    ...withMetadata(`r${String(i).padStart(4, '0')}`, vector, metadataOf(picker)),
    modality: picker.one(modalities),
    origin:
      picker.random() < 0.5
        ? null
        : { root: picker.one(['root a', 'root b']), path: `${i}.jpg`, bytes: i, modifiedMs: i + 0.25 },
  }));
}

/** What filters mean. */
export const filterTests = tests({
  'means by a filter what the contract says, for each operator and every kind of value': async ({
    collection,
  }) => {
    const [vector] = vectorsOf(1, 21);
    const rows = VALUES.flatMap((value, i) =>
      KEYS.slice(0, 3).map((key, j) =>
        withMetadata(`r${String(i).padStart(3, '0')}${j}`, vector, objectOf([[key, value]])),
      ),
    );
    const things = await collection();
    await things.upsert(rows);
    for (const value of VALUES) {
      const path = ['a'];
      await checkFilter(things, rows, { path, eq: value });
      await checkFilter(things, rows, { not: { path, in: [value, 'no such value'] } });
      if (typeof value === 'string') await checkFilter(things, rows, { path, startsWith: value });
      if (typeof value !== 'string' && typeof value !== 'number') continue;
      await checkFilter(things, rows, { path, lt: value });
      await checkFilter(things, rows, { path, lte: value });
      await checkFilter(things, rows, { path, gt: value });
      await checkFilter(things, rows, { not: { path, gte: value } });
    }
  },

  'finds a key whatever characters it has, and nothing that is in a list': async ({ collection }) => {
    const [vector] = vectorsOf(1, 22);
    const rows = KEYS.flatMap((key, i) => [
      withMetadata(`r${String(i).padStart(3, '0')}a`, vector, objectOf([[key, i]])),
      withMetadata(`r${String(i).padStart(3, '0')}b`, vector, objectOf([['a', objectOf([[key, 'in']])]])),
      withMetadata(`r${String(i).padStart(3, '0')}c`, vector, objectOf([['a', [objectOf([[key, 'in']])]]])),
    ]);
    const things = await collection();
    await things.upsert(rows);
    for (const [i, key] of KEYS.entries()) {
      await checkFilter(things, rows, { path: [key], eq: i });
      await checkFilter(things, rows, { path: [key], exists: true });
      await checkFilter(things, rows, { path: ['a', key], startsWith: 'i' });
      await checkFilter(things, rows, { not: { path: ['a', '0', key], exists: true } });
    }
    for (const filter of [{ all: [] }, { any: [] }, { not: { all: [] } }, { path: ['a'], in: [] }]) {
      await checkFilter(things, rows, filter);
    }
  },

  'agrees with the definition on filters and metadata that are drawn': async ({ collection }) => {
    const picker = pickerOf(23);
    const rows = drawnRows(picker, 150);
    const things = await collection();
    await things.upsert(rows);
    for (let i = 0; i < 250; i++) await checkFilter(things, rows, filterOf(picker, rows));
  },

  'searches under a filter exactly, whether it keeps one of a thousand, a tenth or nearly all': async ({
    collection,
  }) => {
    const rows = rowsOf(2000, 24);
    const things = await collection();
    for (let i = 0; i < rows.length; i += 500) await things.upsert(rows.slice(i, i + 500));
    const queries = vectorsOf(4, 25);
    const filters: Filter[] = [
      { path: ['rare'], eq: true },
      { path: ['tenth'], eq: 3 },
      { not: { path: ['tenth'], eq: 3 } },
      { path: ['n'], lt: 0 },
      { all: [{ path: ['n'], gte: 100 }, { path: ['n'], lt: 140 }, { modality: 'TEXT' }] },
    ];
    for (const filter of filters) {
      for (const effort of ['default', 'exact'] as const) {
        await searchAndCheck(things, rows, queries, { filter, effort });
        await searchAndCheck(things, rows, queries.slice(0, 1), { filter, effort, limit: 3, minCosine: 0.2 });
      }
    }
  },

  'sees new metadata under a filter at once': async ({ collection }) => {
    const rows = rowsOf(50, 26);
    const things = await collection();
    await things.upsert(rows);
    const filter: Filter = { path: ['tenth'], eq: 'changed' };
    await searchAndCheck(things, rows, [rows[4].vector], { filter });
    const changed = rows.map((row, i) =>
      i < 5 ? rowOf(row.id, row.vector, { metadata: { tenth: 'changed' } }) : row,
    );
    await things.upsert(changed.slice(0, 5));
    await searchAndCheck(things, changed, [rows[4].vector], { filter });
    check((await things.count(filter)) === 5, () => 'count does not see the change');
  },
});
