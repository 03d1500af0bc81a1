import type { Hit, Item, SearchResult } from '../engine/index.js';

/** An item under the API's names; its vector is left out. */
export function itemJson({ id, collection, modality, image, metadata, contentHash, addedAt, ...item }: Item) {
  return {
    ...{ id, globalId: `${collection}/${id}`, collection: { name: collection }, modality },
    ...{ text: item.text ?? null, source: item.source ?? null, image: image ?? null },
    ...{ metadata, contentHash, addedAt },
  };
}

async function hitJson(hit: Hit) {
  const { item, cosine } = hit;
  const { angle, distance, certainty, clipScore, logit, probability, interpretation, ...rest } =
    await hit.similarity();
  return {
    item: itemJson(item),
    cosine,
    similarity: {
      ...{ cosine: rest.cosine, angle, distance, certainty },
      ...{ clipScore: clipScore ?? null, logit: logit ?? null, probability: probability ?? null },
      interpretation: interpretation ?? null,
    },
  };
}

/** A search's result under the API's names. */
export async function searchResultJson({ hits, isExact, searched, pageInfo, milliseconds }: SearchResult) {
  const { hasNextPage, endCursor } = pageInfo;
  return {
    hits: await Promise.all(hits.map(hitJson)),
    ...{ isExact, searched, pageInfo: { hasNextPage, endCursor: endCursor ?? null }, milliseconds },
  };
}
