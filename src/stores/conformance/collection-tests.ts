import { check, expectCode } from '../../runtime/conformance/checks.js';
import type { StorePlugin } from '../contract.js';
import { searchAndCheck } from './answers.js';
import { specOf } from './place.js';
import { rowsOf } from './rows.js';
import { tests } from './tests.js';

async function namesOf(store: StorePlugin): Promise<string> {
  return (await store.list()).map(({ name }) => name).join(' ');
}

async function checkNames(store: StorePlugin, expected: string): Promise<void> {
  const names = await namesOf(store);
  check(names === expected, () => `the collections are ${names}, not ${expected}`);
}

const isCode = (error: unknown, code: string): boolean => (error as { code?: unknown }).code === code;

/** Collections as wholes. */
export const collectionTests = tests({
  'says what it is': async ({ store }) => {
    const probe = await store.probe();
    if (!probe.ready) throw new Error(`not ready: ${probe.reason} ${probe.remedy}`);
    check(
      probe.info.library.length > 0 && probe.info.version.length > 0,
      () => 'library or version is empty',
    );
    const { isExact, hasManyWriters, durability } = store.traits;
    check(
      typeof isExact === 'boolean' &&
        typeof hasManyWriters === 'boolean' &&
        ['process', 'power'].includes(durability),
      () => 'the traits are incomplete',
    );
  },

  'keeps what a collection was made with, and lists them by their names': async ({ store, another }) => {
    await checkNames(store, '');
    const specs = [
      specOf('b-1'),
      specOf('a_2', {
        description: 'Ünïcode "quoted" \u{1f600}',
        thumbnails: false,
        keepText: false,
        keepOriginals: false,
      }),
      specOf('z'.repeat(64), {
        space: { checksum: 'd'.repeat(64), dtype: 'fp32+tf32', dimensions: 512 },
        model: 'openai/clip-vit-base-patch32',
        createdAt: 1_712_345_678_901,
      }),
    ];
    for (const spec of specs) await store.create(spec);
    const sorted = [...specs].sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const plugin of [store, await another()]) {
      await checkNames(plugin, sorted.map(({ name }) => name).join(' '));
      const sort = (spec: object): string => JSON.stringify(Object.entries(spec).sort(), undefined, 1);
      const listed = await plugin.list();
      for (const [i, spec] of sorted.entries()) {
        const { spec: opened } = await plugin.open(spec.name);
        for (const got of [listed[i], opened]) {
          check(
            sort({ ...got, space: sort(got.space) }) === sort({ ...spec, space: sort(spec.space) }),
            () => `${JSON.stringify(got)} is not ${JSON.stringify(spec)}`,
          );
        }
      }
    }
  },

  'makes no collection twice, opens none that is not there, and drops one once': async ({
    store,
    another,
  }) => {
    await expectCode(store.open('things'), ['COLLECTION_NOT_FOUND']);
    check(!(await store.drop('things')), () => 'what is not there was dropped');
    await store.create(specOf('things'));
    const things = await store.open('things');
    const rows = rowsOf(30, 50);
    await things.upsert(rows);
    await expectCode(store.create(specOf('things')), ['COLLECTION_EXISTS']);
    await expectCode((await another()).create(specOf('things')), ['COLLECTION_EXISTS']);
    await searchAndCheck(things, rows, [rows[0].vector]);
    const theirs = await (await another()).open('things');
    check(await store.drop('things'), () => 'it was not dropped');
    check(!(await store.drop('things')), () => 'it was dropped twice');
    await checkNames(store, '');
    for (const open of [things, theirs]) {
      await expectCode(open.search(rows[0].vector, { limit: 3, effort: 'exact' }), ['COLLECTION_NOT_FOUND']);
      await expectCode(open.upsert(rows), ['COLLECTION_NOT_FOUND']);
      await expectCode(open.get([rows[0].id]), ['COLLECTION_NOT_FOUND']);
      await expectCode(open.count(), ['COLLECTION_NOT_FOUND']);
    }
    await store.create(specOf('things'));
    // What was opened before is the one that is gone, not the one that has its name now.
    await expectCode(theirs.upsert(rows), ['COLLECTION_NOT_FOUND']);
    await searchAndCheck(await store.open('things'), [], [rows[0].vector]);
  },

  'keeps collections apart': async ({ collection, store }) => {
    const [a, b] = [await collection('a'), await collection('b')];
    const [left, right] = [rowsOf(40, 51), rowsOf(40, 52)];
    await a.upsert(left);
    await b.upsert(right);
    const queries = [left[0].vector, right[0].vector];
    await searchAndCheck(a, left, queries, { limit: 40 });
    await a.remove([left[0].id]);
    await searchAndCheck(b, right, queries, { limit: 40 });
    check(await store.drop('a'), () => 'a was not there');
    await searchAndCheck(b, right, queries, { limit: 40 });
  },

  'gives a collection another name, in the place of another if it is told to': async ({
    collection,
    store,
  }) => {
    const [made, old] = [await collection('new'), await collection('photos')];
    const [fresh, stale] = [rowsOf(40, 53), rowsOf(30, 54)];
    await made.upsert(fresh);
    await old.upsert(stale);
    await expectCode(store.rename('new', 'photos', { replace: false }), ['COLLECTION_EXISTS']);
    await expectCode(store.rename('none', 'photos', { replace: true }), ['COLLECTION_NOT_FOUND']);
    await checkNames(store, 'new photos');
    await searchAndCheck(old, stale, [stale[0].vector]);
    await store.rename('new', 'photos', { replace: true });
    await checkNames(store, 'photos');
    // Who had it open goes on with it; who had the other open is told that it is gone.
    await searchAndCheck(made, fresh, [fresh[0].vector]);
    await expectCode(old.search(stale[0].vector, { limit: 3, effort: 'exact' }), ['COLLECTION_NOT_FOUND']);
    const opened = await store.open('photos');
    check(opened.spec.name === 'photos', () => `it is called ${opened.spec.name}`);
    await searchAndCheck(opened, fresh, [fresh[0].vector]);
    await store.rename('photos', 'again', { replace: true });
    await checkNames(store, 'again');
    await store.rename('again', 'once-more', { replace: false });
    await searchAndCheck(await store.open('once-more'), fresh, [fresh[0].vector]);
    await expectCode(store.open('photos'), ['COLLECTION_NOT_FOUND']);
  },

  'lets others search all the time while a collection takes the place of another': async ({
    store,
    another,
  }) => {
    const rows = rowsOf(40, 55);
    const fill = async (name: string): Promise<void> => {
      await store.create(specOf(name));
      const things = await store.open(name);
      await things.upsert(rows);
      await things.close();
    };
    await fill('photos');
    const theirs = await another();
    const state = { isDone: false };
    let searches = 0;
    const look = async (): Promise<void> => {
      const things = await theirs.open('photos');
      await searchAndCheck(things, rows, [rows[3].vector]);
      await things.close();
      searches++;
    };
    const looking = async (): Promise<void> => {
      while (!state.isDone) {
        // It may go between being opened and being searched; whoever opens it then has the next one.
        await look().catch((error: unknown) => {
          if (!isCode(error, 'COLLECTION_NOT_FOUND')) throw error;
          return look();
        });
      }
    };
    const replacing = async (): Promise<void> => {
      try {
        for (let i = 0; i < 5; i++) {
          await fill('next');
          await store.rename('next', 'photos', { replace: true });
        }
      } finally {
        state.isDone = true;
      }
    };
    await Promise.all([looking(), replacing()]);
    check(searches > 0, () => 'nothing was searched meanwhile');
  },

  'answers nothing after it is closed, and ends what waits': async ({ store, collection }) => {
    const things = await collection();
    const rows = rowsOf(200, 56);
    await things.upsert(rows);
    const open = await store.open('things');
    await things.close();
    await searchAndCheck(open, rows, [rows[0].vector]);
    const waiting = Array.from({ length: 20 }, () =>
      open.search(rows[0].vector, { limit: 3, effort: 'exact' }).catch((error: unknown) => error),
    );
    await store.close();
    for (const outcome of await Promise.all(waiting)) {
      check(
        Array.isArray(outcome) || isCode(outcome, 'STORE_UNAVAILABLE'),
        () => `a search ended with ${String(outcome)}`,
      );
    }
    await expectCode(open.upsert(rows), ['STORE_UNAVAILABLE']);
    await expectCode(store.open('things'), ['STORE_UNAVAILABLE']);
    await store.close();
  },
});
