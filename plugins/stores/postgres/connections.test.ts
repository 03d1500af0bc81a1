import { setTimeout as delay } from 'node:timers/promises';
import type { StorePlugin } from 'clipgraph/store';
import { describeWithPostgres } from '../../../test/postgres/describe-with-postgres.js';
import { newRow, specOf, storeAt } from '../../../test/postgres/rows.js';
import { until } from '../../../test/waiting.js';

const QUERY = Float32Array.of(0, 1);
const unavailable = (error: unknown): boolean => (error as { code?: unknown }).code === 'STORE_UNAVAILABLE';

describe('without a server', () => {
  it('says so without the address, the account or the password', async () => {
    const store = storeAt('postgres://secretuser:secretword@127.0.0.1:1/secretbase', {
      connectTimeoutMs: 500,
    });
    const probe = await store.probe();
    expect(probe).toMatchObject({ ready: false, reason: expect.stringMatching(/cannot be reached/) });
    const errors = await Promise.all(
      [store.list(), store.open('things'), store.create(specOf('things')), store.drop('things')].map((work) =>
        work.then(() => undefined).catch((error: unknown) => error as Error),
      ),
    );
    for (const error of errors) {
      expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE' });
      expect(error!.message).not.toMatch(/secret|127\.0\.0\.1/);
    }
    await store.close();
    await expect(store.list()).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringMatching(/closed/),
    });
  });
});

describeWithPostgres('the connections', (server) => {
  const stores: StorePlugin[] = [];
  const openThings = async (options: object = {}) => {
    const store = storeAt(server().url, options);
    stores.push(store);
    await store.create(specOf('things', 2));
    return { store, things: await store.open('things') };
  };
  /** Holds up whoever asks the newest store of its items, for some seconds. */
  const lockItems = async (seconds: number): Promise<{ readonly ended: Promise<unknown> }> => {
    const [{ nspname }] = await server().query(
      `select nspname from pg_namespace where nspname like 'test_%' order by oid desc limit 1`,
    );
    const lock = `begin; lock table ${nspname as string}.items_1; select pg_sleep(${seconds}); commit`;
    return { ended: server().query(lock) };
  };
  const active = async (): Promise<number> => {
    const rows = await server().query(
      `select 1 from pg_stat_activity where application_name = 'clipgraph' and state = 'active'`,
    );
    return rows.length;
  };
  afterEach(async () => {
    await Promise.all(stores.splice(0).map((store) => store.close()));
  });

  it('are made anew when the server ended them, idle or not', async () => {
    const { things } = await openThings({ poolSize: 3 });
    await things.upsert([newRow('a', QUERY)]);
    for (let round = 0; round < 5; round++) {
      await Promise.all(Array.from({ length: 3 }, () => things.count()));
      const reader = things.scan()[Symbol.asyncIterator]();
      await reader.next();
      await server().query(
        `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'clipgraph'`,
      );
      const counts = await Promise.all(Array.from({ length: 3 }, () => things.count()));
      expect(counts).toEqual([1, 1, 1]);
      await reader.return?.();
    }
  });

  it('end a statement for which nobody waits any more', async () => {
    const { things } = await openThings();
    const rows = Array.from({ length: 2000 }, (_, i) => newRow(`${i}`, QUERY, { text: 'x' }));
    await things.upsert(rows);
    // A search that waits for a lock is one that takes long.
    const blocker = await lockItems(3);
    await delay(300);
    const controller = new AbortController();
    const reason = new Error('left');
    const searching = things.search(QUERY, { limit: 1, effort: 'exact', signal: controller.signal });
    await until(async () => (await active()) === 1);
    controller.abort(reason);
    await expect(searching).rejects.toBe(reason);
    await until(async () => (await active()) === 0, 2);
    await blocker.ended;
    expect(await things.count()).toBe(2000);
  });

  it('let others search while a collection that is read in full waits to be replaced', async () => {
    const { store, things } = await openThings({ statementTimeoutMs: 3000 });
    await things.upsert(Array.from({ length: 500 }, (_, i) => newRow(String(i), QUERY)));
    await store.create(specOf('next', 2));
    const reader = things.scan()[Symbol.asyncIterator]();
    await reader.next();
    const renaming = store.rename('next', 'things', { replace: true });
    for (let i = 0; i < 10; i++) expect(await things.count()).toBe(500);
    await reader.return?.();
    await renaming;
    await expect(things.count()).rejects.toMatchObject({ code: 'COLLECTION_NOT_FOUND' });
    const again = await store.open('things');
    await again.upsert(Array.from({ length: 500 }, (_, i) => newRow(String(i), QUERY)));
    const other = again.scan()[Symbol.asyncIterator]();
    await other.next();
    await expect(store.drop('things')).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringMatching(/Somebody reads all of the collection/),
    });
    expect(await again.count()).toBe(500);
    await other.return?.();
    expect(await store.drop('things')).toBe(true);
  });

  it('are not waited for without end', async () => {
    const { things } = await openThings({ poolSize: 1, connectTimeoutMs: 200, statementTimeoutMs: 1000 });
    await things.upsert([newRow('a', QUERY)]);
    const blocker = await lockItems(2);
    await delay(200);
    const [first, second] = await Promise.all(
      [things.count(), things.count()].map((work) =>
        work.catch((error: unknown) => (error as { code: string }).code),
      ),
    );
    expect([first, second].sort()).toEqual(['OVERLOADED', 'TIMEOUT']);
    await blocker.ended;
    expect(await things.count()).toBe(1);
  });

  it('lose nothing that was acknowledged when the server is killed, and come back by themselves', async () => {
    const { things } = await openThings({ poolSize: 4 });
    const batch = (writer: number, n: number) =>
      Array.from({ length: 20 }, (_, i) => newRow(`${writer}-${n}-${i}`, QUERY, { text: `${writer}-${n}` }));
    const acknowledged = new Set<string>();
    const state = { isDone: false };
    const write = async (writer: number): Promise<void> => {
      for (let n = 0; !state.isDone; n++) {
        await things.upsert(batch(writer, n)).then(
          () => acknowledged.add(`${writer}-${n}`),
          async (error: unknown) => {
            if (!unavailable(error)) throw error;
            await delay(20);
          },
        );
      }
    };
    const writing = Promise.all([0, 1, 2, 3].map(write));
    const kills = 3;
    for (let kill = 0; kill < kills; kill++) {
      const before = acknowledged.size;
      await until(() => acknowledged.size > before + 5, 60);
      await server().kill();
      await server().start();
    }
    const after = acknowledged.size;
    await until(() => acknowledged.size > after + 5, 60);
    state.isDone = true;
    await writing;
    const found = new Map<string, number>();
    for await (const { text } of things.scan()) found.set(text!, (found.get(text!) ?? 0) + 1);
    expect([...acknowledged].filter((name) => !found.has(name))).toEqual([]);
    expect([...found.values()].filter((count) => count !== 20)).toEqual([]);
    const { count } = await things.state();
    expect(count).toBe(found.size * 20);
    expect(await things.count()).toBe(count);
  }, 120_000);
});
