// The store in-memory with one of the faults that a suite has to find.
const { defineStore } = require('clipgraph/store');
const sound = require('../in-memory/index.js').default;

const byUnits = (a, b) => b.cosine - a.cosine || (a.id < b.id ? -1 : Number(a.id > b.id));
const eachHits = (change) => (things) => ({
  search: async (queries, request) =>
    (await things.search(queries, request)).map((answer) => ({
      ...answer,
      hits: change(answer.hits, request),
    })),
});
const eachRow = (change) => (things) => ({
  upsert: (rows) => things.upsert(rows.map(change)),
});

/** By name: what it changes of an open collection, or of the store. */
const FAULTS = {
  'ties by UTF-16': eachHits((hits) => [...hits].sort(byUnits)),
  'cosines in float32': eachHits((hits) => hits.map((hit) => ({ ...hit, cosine: Math.fround(hit.cosine) }))),
  'misses the last hit': eachHits((hits, { limit }) => (limit > 5 ? hits.slice(0, -1) : hits)),
  'the least cosine is left out': eachHits((hits, { minCosine }) =>
    hits.filter((hit) => hit.cosine !== minCosine),
  ),
  'a page repeats the last hit': (things) => ({
    search: (queries, { after, ...request }) =>
      things.search(queries, { ...request, after: after && { ...after, id: after.id.slice(0, -1) } }),
  }),
  'one answer for all queries': (things) => ({
    search: async (queries, request) => {
      const answers = await things.search(queries, request);
      return answers.map(() => answers[0]);
    },
  }),
  'a batch in parts': (things) => ({
    upsert: async (rows) => {
      for (const row of rows) await things.upsert([row]);
    },
  }),
  'metadata always replaced': eachRow((row) => ({ metadata: {}, ...row })),
  'vectors of half precision': eachRow((row) => ({
    ...row,
    vector: row.vector.map((value) => Math.round(value * 2048) / 2048),
  })),
  'no thumbnails': eachRow(({ thumbnail: _, ...row }) => row),
  'counts what is asked': (things) => ({
    remove: async (ids) => {
      await things.remove(ids);
      return ids.length;
    },
  }),
  'a filter by text': (things) => ({
    count: async (filter) => {
      const text = JSON.stringify(filter?.eq);
      let count = 0;
      for await (const row of things.scan({ filter: text === undefined ? filter : undefined })) {
        if (text === undefined || String(row.metadata[filter.path[0]]) === String(filter.eq)) count++;
      }
      return count;
    },
  }),
  'not of a missing key is false': (things) => ({
    scan: (request) => {
      const { filter } = request ?? {};
      if (filter?.not?.path === undefined) return things.scan(request);
      const exists = { path: filter.not.path, exists: true };
      return things.scan({ ...request, filter: { all: [exists, filter] } });
    },
  }),
  'a scan sees what is written': (things) => ({
    async *scan(request) {
      for await (const { id } of things.scan(request)) {
        const [row] = await things.get([id]);
        if (row !== undefined) yield row;
      }
    },
  }),
  'a scan from the one after': (things) => ({
    scan: (request) =>
      things.scan(request?.after === undefined ? request : { ...request, after: `${request.after}\u0001` }),
  }),
};

const STORE_FAULTS = {
  'makes one twice': (store) => ({
    create: (spec) => store.create(spec).catch(() => undefined),
  }),
  'replaces without being told to': (store) => ({
    rename: (from, to) => store.rename(from, to, { replace: true }),
  }),
};

exports.names = [...Object.keys(FAULTS), ...Object.keys(STORE_FAULTS)];
exports.default = defineStore({ name: 'faulty' }, ({ key, fault }) => {
  const store = sound.create({ key });
  const open = async (name) => {
    const things = await store.open(name);
    return { ...things, spec: things.spec, ...FAULTS[fault]?.(things) };
  };
  return { ...store, open, ...STORE_FAULTS[fault]?.(store) };
});
