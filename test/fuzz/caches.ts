import type { ServerApart } from '../server-apart.js';

/** More characters of documents, and more embeddings, than are kept. */
const DOCUMENTS = 45;
const FIELDS = 600;
const BATCHES = 4;
const TEXTS = 200;
/** The collections of the run, and how many items each may have. */
export const COLLECTIONS = ['fuzz-0', 'fuzz-1', 'fuzz-2'];
export const ITEMS = 40;

/**
 * Fills what the server keeps up to a bound, documents, embeddings and collections: from then on memory is level, where nothing else is kept.
 */
export async function fillCaches(server: ServerApart): Promise<void> {
  const ask = async (body: object): Promise<void> => {
    const { status, code } = await server.post(JSON.stringify(body));
    if (status !== 200 || code !== undefined)
      throw new Error(`A cache was not filled: ${status} ${String(code)}.`);
  };
  for (let i = 0; i < DOCUMENTS; i++) {
    const fields = Array.from({ length: FIELDS }, (_, j) => `a${i}_${j}:version`);
    await ask({ query: `{server{${fields.join(' ')}}}` });
  }
  const query = 'query ($inputs: [ContentInput!]!) { embedBatch(inputs: $inputs) { __typename } }';
  for (let i = 0; i < BATCHES; i++) {
    const inputs = Array.from({ length: TEXTS }, (_, j) => ({ text: `text ${i} ${j}` }));
    await ask({ query, variables: { inputs } });
  }
  for (const name of COLLECTIONS) {
    const items = Array.from(
      { length: ITEMS },
      (_, j) => `{ id: "item-${j}", content: { text: "${name} ${j}" } }`,
    );
    await ask({ query: `mutation { deleteCollection(name: "${name}") }` });
    await ask({ query: `mutation { createCollection(input: { name: "${name}" }) { name } }` });
    await ask({
      query: `mutation { addItems(collection: "${name}", items: [${items.join(' ')}]) { __typename } }`,
    });
    const collection = `collection: "${name}"`;
    await ask({
      query: `{ search(${collection}, query: { text: "a" }) { __typename } nearDuplicates(${collection}) { __typename } clusters(${collection}) { __typename } }`,
    });
  }
}
