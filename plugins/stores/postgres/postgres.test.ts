import { readdirSync } from 'node:fs';
import path from 'node:path';
import { matches, type Filter, type JsonObject, type StorePlugin } from 'clipgraph/store';
import pg from 'pg';
import { withoutSecrets } from '../../../src/config/secrets.js';
import { describeWithPostgres } from '../../../test/postgres/describe-with-postgres.js';
import { newRow, specOf, storeAt } from '../../../test/postgres/rows.js';
import postgres from './index.js';

const MIGRATIONS = path.join(__dirname, 'migrations');

describe('the options of the store postgres', () => {
  it.each([
    [{}, /stores\.postgres are wrong: url: is missing.*CLIPGRAPH_STORES_POSTGRES_URL/],
    [{ url: 'mysql://me:hunter2@host/db' }, /url: expected postgres:\/\//],
    [{ url: 'postgres://h/d', schema: 'Bad; drop' }, /schema: expected/],
    [{ url: 'postgres://h/d', hnsw: { m: 16, efConstruction: 16 } }, /efConstruction is less than twice m/],
    [{ url: 'postgres://h/d', poolsize: 3 }, /poolsize/],
  ])('refuses %j', (options, message) => {
    const create = () => postgres.create(options as never);
    expect(create).toThrow(
      expect.objectContaining({ code: 'BAD_USER_INPUT', message: expect.stringMatching(message) }),
    );
    expect(create).not.toThrow(/hunter2/);
  });

  it('shows no password of the address', () => {
    const url = 'postgres://me:hunter2@host:5432/db?sslmode=verify-full';
    expect(withoutSecrets(['stores', 'postgres'], { url })).toEqual({
      url: 'postgres://…@host:5432/db?sslmode=verify-full',
    });
  });

  it('has its migrations in what is built', () => {
    const built = path.join(__dirname, '../../../dist/plugins/stores/postgres/migrations');
    expect(readdirSync(built)).toEqual(readdirSync(MIGRATIONS));
  });
});

describeWithPostgres('a database', (server) => {
  const stores: StorePlugin[] = [];
  const open = (options: object = {}, url = server().url): StorePlugin => {
    const store = storeAt(url, options);
    stores.push(store);
    return store;
  };
  afterEach(async () => {
    await Promise.all(stores.splice(0).map((store) => store.close()));
  });

  const schemaExists = async (schema: string): Promise<boolean> =>
    (await server().query(`select 1 from pg_namespace where nspname = '${schema}'`)).length > 0;

  it('is left alone by readers, and set up by the first change', async () => {
    const store = open({ schema: 'untouched' });
    expect(await store.list()).toEqual([]);
    await expect(store.open('things')).rejects.toMatchObject({ code: 'COLLECTION_NOT_FOUND' });
    expect(await store.probe()).toMatchObject({ ready: true, info: { library: 'PostgreSQL' } });
    expect(await schemaExists('untouched')).toBe(false);
    await store.create(specOf('things'));
    expect(await schemaExists('untouched')).toBe(true);
    expect(await server().query('select version from untouched.migrations')).toEqual([{ version: 1 }]);
  });

  it('is set up once by many servers that come at the same moment', async () => {
    const all = Array.from({ length: 8 }, () => open({ schema: 'rushed' }));
    await Promise.all(all.map((store, i) => store.create(specOf(`things-${i}`))));
    expect(await server().query('select version from rushed.migrations')).toEqual([{ version: 1 }]);
    expect(await all[0].list()).toHaveLength(8);
  });

  it('of a newer version is refused by readers and writers, in words', async () => {
    const store = open({ schema: 'future' });
    await store.create(specOf('things'));
    await server().query('insert into future.migrations (version) values (1000)');
    const refusal = {
      code: 'STORE_UNAVAILABLE',
      message: expect.stringMatching(/version 1000; this Clipgraph knows 1\./),
    };
    await expect(store.list()).rejects.toMatchObject(refusal);
    await expect(store.open('things')).rejects.toMatchObject(refusal);
    await expect(store.create(specOf('more'))).rejects.toMatchObject(refusal);
    expect(await store.probe()).toMatchObject({
      ready: false,
      reason: expect.stringMatching(/version 1000/),
    });
  });

  it('without pgvector, or for an account that may nothing, is refused with what to do', async () => {
    await server().query('create database bare');
    await server().query('create role guest login');
    await server().query('revoke create on database bare from public');
    const address = server()
      .url.replace('clipgraph@', 'guest@')
      .replace(/postgres$/, 'bare');
    const store = open({}, address);
    expect(await store.list()).toEqual([]);
    await expect(store.create(specOf('things'))).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringMatching(/may not install pgvector\. .* create extension vector\.$/),
    });
    const client = new pg.Client(server().url.replace(/postgres$/, 'bare'));
    await client.connect();
    await client.query('create extension vector');
    await client.end();
    await expect(store.create(specOf('things'))).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringMatching(/must own the schema/),
    });
  });

  it('takes pgvector from whatever schema it is in', async () => {
    await server().query('create database elsewhere');
    const url = server().url.replace(/postgres$/, 'elsewhere');
    const client = new pg.Client(url);
    await client.connect();
    await client.query('create schema "My extensions"');
    await client.query('create extension vector schema "My extensions"');
    await client.end();
    const store = open({ exactBelow: 10 }, url);
    await store.create(specOf('things', 2));
    const things = await store.open('things');
    await things.upsert([newRow('a', Float32Array.of(0, 1)), newRow('b', Float32Array.of(1, 0))]);
    const [{ hits }] = await things.search(Float32Array.of(1, 0), { limit: 1, effort: 'exact' });
    expect(hits).toEqual([{ id: 'b', cosine: 1 }]);
  });

  it('means by a filter what the contract says also where a text is none that a database can keep', async () => {
    const store = open();
    await store.create(specOf('things', 2));
    const things = await store.open('things');
    const texts = ['', 'a', 'a\u0001', 'ab', 'a\ud7ff', 'a\ue000', 'a\uffff', 'a\u{10000}', 'a\u{1f600}', 'a\u{1f601}!', 'a\u{1f900}', 'a\u{10ffff}', 'b', '\u{1f600}']; // prettier-ignore
    const values: readonly JsonObject[] = [
      ...texts.map((value) => ({ value })),
      ...[0, -1, 1e308, null, true, [], {}, ['a']].map((value) => ({ value })),
      {},
    ];
    const rows = values.map((metadata, i) => ({ ...newRow(`${i}`, Float32Array.of(0, 1)), metadata }));
    await things.upsert(rows);
    const strange = [
      '\0',
      'a\0',
      'a\0b',
      'a\ud83d',
      'a\ud83d!',
      'a\ude00',
      'a\ud83db',
      '\ud83d',
      '\udbff',
      'a\udbff',
      'a\ud800',
    ];
    const at = { path: ['value'] } as const;
    const filters: Filter[] = strange.flatMap((text): Filter[] => [
      ...(['lt', 'lte', 'gt', 'gte'] as const).map(
        (order) => ({ ...at, [order]: text }) as unknown as Filter,
      ),
      { ...at, eq: text },
      { ...at, in: [text, 'a'] },
      { ...at, eq: [text] },
      { ...at, eq: { [text]: 1 } },
      { ...at, startsWith: text },
      { path: [text], exists: true },
      { path: ['value', text], exists: false },
      { path: [text], eq: 1 },
      { root: text },
    ]);
    const numbers: Filter[] = [Infinity, -Infinity, NaN].flatMap((number): Filter[] => [
      ...(['lt', 'lte', 'gt', 'gte'] as const).map(
        (order) => ({ ...at, [order]: number }) as unknown as Filter,
      ),
      { ...at, eq: number },
      { ...at, in: [number, 0] },
      { ...at, eq: [number] },
    ]);
    for (const filter of [...filters, ...numbers].flatMap((one): Filter[] => [one, { not: one }])) {
      const expected = rows.filter((row) => matches(row, filter)).map(({ id }) => id);
      const found: string[] = [];
      for await (const { id } of things.scan({ filter })) found.push(id);
      expect({ filter, ids: found.sort() }).toEqual({ filter, ids: expected.sort() });
      expect(await things.count(filter)).toBe(expected.length);
    }
    expect(await things.get(['\0', 'a\ud83d', '0'])).toMatchObject([undefined, undefined, { id: '0' }]);
    expect(await things.remove(['\0', 'a\ud83d'])).toBe(0);
  });

  it('frees what removed rows took', async () => {
    const store = open({ schema: 'freed' });
    await store.create(specOf('things', 2));
    const things = await store.open('things');
    const rows = Array.from({ length: 500 }, (_, i) =>
      newRow(`${i}`, Float32Array.of(0, 1), { text: 'x'.repeat(1000) }),
    );
    for (let round = 0; round < 6; round++) {
      await things.upsert(rows);
      expect(await things.remove(rows.map(({ id }) => id))).toBe(500);
    }
    const once = 500 * 1200;
    expect((await things.state()).bytes).toBeLessThan(2 * once);
    expect(await store.drop('things')).toBe(true);
    expect(
      await server().query(
        `select relname from pg_class where relname like 'items%' and relnamespace = 'freed'::regnamespace`,
      ),
    ).toEqual([]);
  });
});
