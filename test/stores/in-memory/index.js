// A store as a stranger would write it, in plain JavaScript: everything in memory, every search a loop. What it keeps
// outlives one that is closed: it lies under the option `key`.
const { compareBytes, checkRow, ClipgraphError, defineStore, matches } = require('clipgraph/store');
const { cosine } = require('clipgraph/core');

const kept = (globalThis[Symbol.for('clipgraph.test.in-memory')] ??= new Map());

exports.default = defineStore({ name: 'in-memory' }, ({ key = 'default', fails = false }) => {
  const collections = kept.get(key) ?? new Map();
  kept.set(key, collections);

  const find = (name) => {
    const found = collections.get(name);
    if (found !== undefined) return found;
    throw new ClipgraphError('COLLECTION_NOT_FOUND', `There is no collection ${name}.`);
  };
  const answer = (ask) => {
    if (fails)
      return Promise.reject(
        new ClipgraphError('STORE_UNAVAILABLE', 'The store in-memory cannot be reached.'),
      );
    return new Promise((resolve) => setImmediate(resolve)).then(ask);
  };
  const sorted = ({ rows }) => [...rows.values()].sort((a, b) => compareBytes(a.id, b.id)).map(toRow);
  const toRow = ({ bytes, ...row }) => ({ ...row, attachments: Object.keys(bytes) });

  const collectionOf = (held) => ({
    get spec() {
      return held.spec;
    },
    state: () =>
      answer(() => {
        if (collections.get(held.spec.name) !== held) find('');
        const bytes = [...held.rows.values()].map(
          ({ vector, bytes: { thumbnail, original } }) =>
            vector.byteLength + (thumbnail?.length ?? 0) + (original?.length ?? 0),
        );
        return { count: held.rows.size, bytes: bytes.reduce((a, b) => a + b, 0), updatedAt: held.updatedAt };
      }),
    upsert: (rows) =>
      answer(() => {
        if (collections.get(held.spec.name) !== held) find('');
        for (const row of rows) checkRow(row, held.spec.space.dimensions);
        for (const { thumbnail, original, metadata, ...row } of rows) {
          const before = held.rows.get(row.id);
          const same = before?.contentHash === row.contentHash ? before : undefined;
          held.rows.set(row.id, {
            ...row,
            vector: row.vector.slice(),
            metadata: metadata ?? before?.metadata ?? {},
            addedAt: same?.addedAt ?? row.addedAt,
            bytes: { ...same?.bytes, ...(thumbnail && { thumbnail }), ...(original && { original }) },
          });
        }
        held.updatedAt = Math.max(held.updatedAt + 1, Date.now());
      }),
    remove: (ids) =>
      answer(() => {
        held.updatedAt = Math.max(held.updatedAt + 1, Date.now());
        return ids.filter((id) => held.rows.delete(id)).length;
      }),
    get: (ids) =>
      answer(() =>
        ids.map((id) => {
          const row = held.rows.get(id);
          return row && toRow(row);
        }),
      ),
    attachment: (id, kind) => answer(() => held.rows.get(id)?.bytes[kind]),
    count: (filter) => answer(() => sorted(held).filter((row) => !filter || matches(row, filter)).length),
    search: (queries, { limit, filter, minCosine = -Infinity, after }) =>
      answer(() => {
        const { dimensions } = held.spec.space;
        const rows = sorted(held);
        return Array.from({ length: queries.length / dimensions }, (_, i) => {
          const query = queries.subarray(i * dimensions, (i + 1) * dimensions);
          const isAfter = (hit) =>
            !after ||
            hit.cosine < after.cosine ||
            (hit.cosine === after.cosine && compareBytes(hit.id, after.id) > 0);
          const hits = rows
            .filter((row) => !filter || matches(row, filter))
            .map(({ id, vector }) => ({ id, cosine: cosine(query, vector) }))
            .filter((hit) => hit.cosine >= minCosine && isAfter(hit))
            .sort((a, b) => b.cosine - a.cosine || compareBytes(a.id, b.id));
          return { hits: hits.slice(0, limit), isExact: true, isComplete: true, searched: rows.length };
        });
      }),
    async *scan({ after, limit = Infinity, filter, signal } = {}) {
      const rows = await answer(() => sorted(held));
      let count = 0;
      for (const row of rows) {
        signal?.throwIfAborted();
        if (after !== undefined && compareBytes(row.id, after) <= 0) continue;
        if (filter && !matches(row, filter)) continue;
        if (++count > limit) return;
        yield row;
      }
    },
    close: () => Promise.resolve(),
  });

  return {
    traits: { isExact: true, hasManyWriters: false, durability: 'process' },
    probe: () =>
      Promise.resolve(
        fails
          ? { ready: false, reason: 'It cannot be reached.', remedy: 'Start it.' }
          : { ready: true, info: { library: 'a Map', version: '1' } },
      ),
    list: () =>
      answer(() =>
        [...collections.values()].map(({ spec }) => spec).sort((a, b) => compareBytes(a.name, b.name)),
      ),
    create: (spec) =>
      answer(() => {
        if (collections.has(spec.name))
          throw new ClipgraphError('COLLECTION_EXISTS', `There is ${spec.name} already.`);
        collections.set(spec.name, { spec, rows: new Map(), updatedAt: spec.createdAt });
      }),
    drop: (name) => answer(() => collections.delete(name)),
    rename: (from, to, { replace }) =>
      answer(() => {
        const held = find(from);
        if (!replace && collections.has(to))
          throw new ClipgraphError('COLLECTION_EXISTS', `There is ${to} already.`);
        collections.delete(from);
        held.spec = { ...held.spec, name: to };
        collections.set(to, held);
      }),
    open: (name) => answer(() => collectionOf(find(name))),
    close: () => Promise.resolve(),
  };
});
