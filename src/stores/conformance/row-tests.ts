import { check, expectCode } from '../../runtime/conformance/checks.js';
import type { NewRow, Row, StoredCollection } from '../contract.js';
import { compareBytes } from '../filter.js';
import { searchAndCheck } from './answers.js';
import { DIMENSIONS } from './place.js';
import { checkSameRow, hashOf, keptOf, rowOf, rowsOf, vectorsOf } from './rows.js';
import { tests } from './tests.js';

async function checkKept(things: StoredCollection, id: string, expected: Row | undefined): Promise<void> {
  const [row] = await things.get([id]);
  checkSameRow(row, expected);
}

async function checkBytes(things: StoredCollection, id: string, expected: Partial<NewRow>): Promise<void> {
  for (const kind of ['thumbnail', 'original'] as const) {
    const bytes = await things.attachment(id, kind);
    const wanted = expected[kind];
    check(
      bytes === undefined ? wanted === undefined : wanted !== undefined && Buffer.from(bytes).equals(wanted),
      () =>
        `the ${kind} of ${id} has ${bytes?.length ?? 'no'} bytes, not the ${wanted?.length ?? 'none'} that were given`,
    );
  }
}

const IDS = [
  ' ', 'a', 'A', 'aa', 'a\u0001', 'b', '10', '9', '\u0001', '\t', '\n', '\u007f', 'é', 'e\u0301', '\ud7ff', '\ue000', '\ufeff', '\ufffd', '\uffff',
  '\u{10000}', '\u{1f600}', '\u{10ffff}', 'null', "'", '"', '\\', '%', '_', '../x', '{"a":1}', '; drop table items', 'x'.repeat(1024),
  `${'€'.repeat(341)}x`, '\u{1f600}'.repeat(256),
]; // prettier-ignore

/** What becomes of one row. */
export const rowTests = tests({
  'gives back what it was given, the vector to the bit': async ({ collection }) => {
    const things = await collection();
    const [first, second, third] = vectorsOf(3, 30);
    // -0 and the least float32 there is, in a vector of unit length.
    const odd = new Float32Array(DIMENSIONS);
    odd.set([1, -0, 2 ** -149, -(2 ** -126)]);
    const rows: NewRow[] = [
      rowOf('text', first, {
        text: 'a red car\n\u{1f600} ',
        source: 'https://a.example/?q=%22',
        metadata: {},
      }),
      rowOf('image', second, {
        modality: 'IMAGE',
        text: null,
        source: 'holiday/é.jpg',
        image: { format: 'jpeg', width: 4000, height: 3000, bytes: 2 ** 33 },
        metadata: { nested: { list: [1, 'two', null, { three: 3 }], é: 0.1, big: 2 ** 53 }, empty: '' },
        origin: { root: 'root', path: 'holiday/é.jpg', bytes: 2 ** 33, modifiedMs: 1_700_000_000_000.125 },
        addedAt: 1_712_345_678_901,
        thumbnail: Uint8Array.from({ length: 300 }, (_, i) => i),
        original: new Uint8Array(100_000).fill(7),
      }),
      rowOf('vector', third, { modality: 'VECTOR', text: null, contentHash: hashOf('vector') }),
      rowOf('blend', odd, { modality: 'BLEND', text: '' }),
    ];
    await things.upsert(rows);
    for (const row of rows) {
      await checkKept(things, row.id, keptOf(row));
      await checkBytes(things, row.id, row);
    }
    check(
      (await things.attachment('no such id', 'thumbnail')) === undefined,
      () => 'bytes of what is not there',
    );
    await searchAndCheck(things, rows, [odd, second]);
  },

  'takes ids of 1 to 1,024 bytes, whatever characters, and orders them by their bytes': async ({
    collection,
  }) => {
    const things = await collection();
    const rows = vectorsOf(IDS.length, 31).map((vector, i) => rowOf(IDS[i], vector));
    await things.upsert(rows);
    const order: string[] = [];
    for await (const { id } of things.scan()) order.push(id);
    const expected = [...IDS].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    check(order.join() === expected.join(), () => `the order is ${JSON.stringify(order)}`);
    check([...IDS].sort(compareBytes).join() === expected.join(), () => 'compareBytes has another order');
    for (const row of rows) await checkKept(things, row.id, keptOf(row));
    for (const [i, id] of expected.entries()) {
      const rest: string[] = [];
      for await (const row of things.scan({ after: id, limit: 3 })) rest.push(row.id);
      check(
        rest.join() === expected.slice(i + 1, i + 4).join(),
        () => `after ${JSON.stringify(id)} come ${rest.join()}`,
      );
    }
    check((await things.remove(IDS)) === IDS.length, () => 'not all of the ids could be removed');
  },

  'refuses what cannot be kept, and keeps nothing of its batch': async ({ collection }) => {
    const things = await collection();
    const [good] = rowsOf(1, 32);
    await things.upsert([good]);
    const { vector } = good;
    const bad: readonly NewRow[] = [
      rowOf('', vector),
      rowOf('x'.repeat(1025), vector),
      rowOf(`${'€'.repeat(341)}xx`, vector),
      rowOf('a\0b', vector),
      rowOf('\ud800', vector),
      rowOf('short', vector.subarray(1)),
      rowOf('long', new Float32Array(DIMENSIONS * 2).fill(Math.sqrt(1 / (DIMENSIONS * 2)))),
      rowOf('zero', new Float32Array(DIMENSIONS)),
      rowOf('not a number', vector.map((value, i) => (i === 3 ? Number.NaN : value))),
      rowOf('infinite', vector.map((value, i) => (i === 3 ? Infinity : value))),
      rowOf('not of unit length', vector.map((value) => value * 2)),
      rowOf('text', vector, { text: 'a\0b' }),
      rowOf('source', vector, { source: 'a\0b' }),
      rowOf('metadata', vector, { metadata: { a: ['b\0'] } }),
      rowOf('key', vector, { metadata: { 'b\0': 1 } }),
      rowOf('hash', vector, { contentHash: 'no hash' }),
    ]; // prettier-ignore
    const others = rowsOf(6, 33).map((row) => ({ ...row, id: `other ${row.id}` }));
    for (const row of bad) {
      await expectCode(
        things.upsert([...others.slice(0, 3), row, ...others.slice(3), { ...good, text: 'changed' }]),
        ['BAD_USER_INPUT', 'DIMENSION_MISMATCH', 'INVALID_VECTOR', 'ZERO_VECTOR'],
      );
      check((await things.count()) === 1, () => `something of the batch with ${row.id} was kept`);
    }
    await checkKept(things, good.id, keptOf(good));
    await searchAndCheck(things, [good], [vector]);
  },

  'replaces what has the same id: absent metadata stays, {} clears it, another content drops what was beside it':
    async ({ collection }) => {
      const things = await collection();
      const [first, second] = vectorsOf(2, 34);
      const thumbnail = Uint8Array.of(1, 2, 3);
      const original = Uint8Array.of(4, 5, 6, 7);
      const text = { text: 'one content' };
      const steps: NewRow[] = [
        rowOf('id', first, { ...text, metadata: { a: 1 }, addedAt: 1000, thumbnail, original }),
        rowOf('id', first, { ...text, addedAt: 2000, source: 'moved' }),
        rowOf('id', first, { ...text, addedAt: 3000, metadata: { b: 2 }, thumbnail: Uint8Array.of(9) }),
        rowOf('id', first, { ...text, addedAt: 4000, metadata: {} }),
        rowOf('id', first, { ...text, addedAt: 5000, metadata: { c: 3 } }),
        rowOf('id', second, { text: 'another', addedAt: 6000 }),
        rowOf('id', second, { text: 'another', addedAt: 7000, original }),
        rowOf('id', first, { text: 'a third', addedAt: 8000, metadata: {}, thumbnail }),
      ];
      let before: Row | undefined;
      let bytes: Partial<NewRow> = {};
      for (const step of steps) {
        await things.upsert([step]);
        const isSame = before?.contentHash === step.contentHash;
        before = keptOf(step, before);
        bytes = {
          thumbnail: step.thumbnail ?? (isSame ? bytes.thumbnail : undefined),
          original: step.original ?? (isSame ? bytes.original : undefined),
        };
        await checkKept(things, 'id', before);
        await checkBytes(things, 'id', bytes);
        await searchAndCheck(things, [before], [first, second]);
        check((await things.count()) === 1, () => 'there is more than the one row');
      }
    },

  'counts the last of one id that is twice in a batch': async ({ collection }) => {
    const things = await collection();
    const [first, second] = vectorsOf(2, 35);
    const thumbnail = Uint8Array.of(1);
    const one = rowOf('id', first, { text: 'one', metadata: { a: 1 }, thumbnail });
    const two = rowOf('id', second, { text: 'two', addedAt: 5 });
    await things.upsert([one, rowOf('other', first), two]);
    const [row] = await things.get(['id']);
    check(row?.text === 'two' && row.addedAt === 5, () => 'the first one counts');
    check((await things.count()) === 2, () => 'there are more than two rows');
    check(
      (await things.attachment('id', 'thumbnail')) === undefined,
      () => 'the bytes of the first one are there',
    );
    await searchAndCheck(things, [two, rowOf('other', first)], [first, second]);
  },

  'finds nothing of what was removed, and takes it anew': async ({ collection }) => {
    const things = await collection();
    const rows = rowsOf(300, 36).map((row) => ({ ...row, thumbnail: Uint8Array.of(1, 2) }));
    await things.upsert(rows);
    const gone = rows.filter((_, i) => i % 3 === 0);
    const left = rows.filter((_, i) => i % 3 !== 0);
    const ids = gone.map(({ id }) => id);
    const removed = await things.remove([...ids, 'no such id', ids[0]]);
    check(removed === gone.length, () => `${removed} were removed, not ${gone.length}`);
    check((await things.remove(ids)) === 0, () => 'they were removed twice');
    check((await things.remove([])) === 0, () => 'something was removed for no id');
    await searchAndCheck(things, left, [gone[0].vector, left[0].vector], { limit: 300 });
    check((await things.count()) === left.length, () => 'count has those that are gone');
    await checkKept(things, ids[0], undefined);
    await checkBytes(things, ids[0], {});
    const again = rowOf(ids[0], rows[1].vector);
    await things.upsert([again]);
    await checkKept(things, ids[0], keptOf(again));
    await checkBytes(things, ids[0], {});
    await searchAndCheck(things, [...left, again], [rows[1].vector], { limit: 300 });
  },

  'gives each row in its place, those that are not there as undefined': async ({ collection }) => {
    const things = await collection();
    const rows = rowsOf(20, 37);
    await things.upsert(rows);
    const ids = ['none', rows[7].id, rows[2].id, 'none', rows[7].id];
    const got = await things.get(ids);
    check(got.length === ids.length, () => `${got.length} rows for ${ids.length} ids`);
    for (const [i, row] of got.entries()) {
      const expected = rows.find(({ id }) => id === ids[i]);
      checkSameRow(row, expected && keptOf(expected));
    }
    check((await things.get([])).length === 0, () => 'there are rows for no id');
    await things.upsert([]);
  },

  'knows how many there are, what they take, and when they changed': async ({ collection }) => {
    const things = await collection();
    const [rows, before] = [rowsOf(100, 38), Date.now()];
    const empty = await things.state();
    check(empty.count === 0, () => `an empty collection counts ${empty.count}`);
    await things.upsert(rows);
    const full = await things.state();
    check(full.count === 100 && (await things.count()) === 100, () => `100 rows count as ${full.count}`);
    check(full.bytes >= 100 * DIMENSIONS * 4, () => `${full.bytes} bytes are less than the vectors take`);
    check(
      full.updatedAt >= before - 1 && full.updatedAt >= empty.updatedAt && full.updatedAt <= Date.now() + 1,
      () => `it was changed at ${full.updatedAt}, says the store`,
    );
    await things.remove([rows[0].id]);
    check((await things.state()).count === 99, () => 'the state has not seen the removal');
  },
});
