import {
  Arg,
  Ctx,
  Extensions,
  FieldResolver,
  Float,
  ID,
  Int,
  ObjectType,
  Query,
  Resolver,
  Root,
} from 'type-graphql';
import type { Collection, SearchResult, Similarity } from '../../engine/index.js';
import { ClipgraphError } from '../../errors/index.js';
import { toEmbedOptions } from '../content/embedding-scope.js';
import { ContentInput, EmbedOptionsInput, OPTIONS, toContent } from '../content/inputs.js';
import type { Context } from '../context.js';
import { neighboursAmount, searchAmount, type FieldExtensions } from '../cost/amounts.js';
import { SimilarityType } from '../similarity/similarity-type.js';
import { CollectionType, PageInfoType } from './collection-type.js';
import { FILTER, ItemFilterInput } from './filter-input.js';
import { ItemType } from './item-type.js';
import { keptHits, type KeptHit, type KeptItem } from './kept.js';

@ObjectType('Hit', { description: 'An item that was found.' })
export class HitType {}

@Resolver(() => HitType)
export class HitResolver {
  @FieldResolver(() => ItemType, { description: 'What was found.' })
  item(@Root() { hit, collection }: KeptHit): KeptItem {
    return { item: hit.item, collection };
  }

  @FieldResolver(() => Float, {
    description:
      'In [-1, 1], computed by the one cosine core from the stored vector, whichever store found it.',
  })
  cosine(@Root() { hit }: KeptHit): number {
    return hit.cosine;
  }

  @FieldResolver(() => SimilarityType, {
    description:
      "Query and item compared, with the model's own scoring. MODEL_MISMATCH where no configured model has the space any more.",
  })
  similarity(@Root() { hit }: KeptHit): Promise<Similarity> {
    return hit.similarity();
  }
}

/** What the fields of a search's result are read from. */
interface Found {
  readonly result: SearchResult;
  readonly collection: Collection;
}

@ObjectType('SearchResult', { description: 'The items that a search found.' })
export class SearchResultType {}

/** Exactly one of them is looked for. */
function queryOf(content: ContentInput | undefined | null, itemId: string | undefined | null) {
  if (content != null && itemId == null) return { content: toContent(content) };
  if (content == null && itemId != null) return { itemId };
  const message = 'A search has exactly one of query and itemId.';
  throw new ClipgraphError('BAD_USER_INPUT', message, { input: { argument: 'query', index: 0 } });
}

@Resolver(() => SearchResultType)
export class SearchResolver {
  @Extensions({ amount: searchAmount } satisfies FieldExtensions)
  @Query(() => SearchResultType, {
    description:
      'The items most alike to a text, a picture, a vector, a blend, or one of the items, which itself is left out: exactly one of query and itemId. ' +
      'For example `search(collection: "photos", query: {text: "a red car"}) { hits { cosine item { id } } }`.',
  })
  async search(
    @Arg('collection', () => ID, { description: "The collection's name." }) name: string,
    @Arg('query', () => ContentInput, { nullable: true, description: 'What is looked for.' })
    query: ContentInput | undefined | null,
    @Arg('itemId', () => ID, {
      nullable: true,
      description: 'The id of an item: its neighbours are looked for.',
    })
    itemId: string | undefined | null,
    @Arg('filter', () => ItemFilterInput, FILTER) filter: ItemFilterInput | undefined,
    @Arg('minCosine', () => Float, { nullable: true, description: 'Only hits with at least this cosine.' })
    minCosine: number | undefined | null,
    @Arg('first', () => Int, { defaultValue: 10, description: 'Hits at most: 1 to 1,000.' }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'The endCursor of the page before.' })
    after: string | undefined | null,
    @Arg('options', () => EmbedOptionsInput, OPTIONS) options: EmbedOptionsInput | undefined,
    @Ctx() { collections, signal, client }: Context,
  ): Promise<Found> {
    const asked = queryOf(query, itemId);
    const collection = await collections.get(name, 'read');
    const how = { ...toEmbedOptions(options), filter, minCosine, first, after };
    return { result: await collection.search(asked, how, { signal, client }), collection };
  }

  @FieldResolver(() => [HitType], { description: 'Best first; ties by id.' })
  hits(@Root() { result, collection }: Found): KeptHit[] {
    return keptHits(collection, result.hits);
  }

  @FieldResolver(() => Boolean, { description: 'Whether no item could have been missed.' })
  isExact(@Root() { result }: Found): boolean {
    return result.isExact;
  }

  @FieldResolver(() => Int, { description: 'Items that were looked at.' })
  searched(@Root() { result }: Found): number {
    return result.searched;
  }

  @FieldResolver(() => PageInfoType, { description: 'Where the page ends.' })
  pageInfo(@Root() { result }: Found): PageInfoType {
    return result.pageInfo;
  }

  @FieldResolver(() => Float, { description: 'Milliseconds, the embedding of the query included.' })
  milliseconds(@Root() { result }: Found): number {
    return result.milliseconds;
  }
}

/** Apart from the other fields of Item, which Hit refers to. */
@Resolver(() => ItemType)
export class ItemRelationsResolver {
  @FieldResolver(() => CollectionType, { description: 'The collection that it is in.' })
  collection(@Root() { collection }: KeptItem): Collection {
    return collection;
  }

  @Extensions({ amount: neighboursAmount } satisfies FieldExtensions)
  @FieldResolver(() => [HitType], {
    description:
      'Its nearest neighbours in its collection, itself left out. A search for each item: it counts as a content.',
  })
  async neighbours(
    @Root() { item, collection }: KeptItem,
    @Arg('limit', () => Int, { defaultValue: 10, description: 'Hits at most: 1 to 1,000.' }) limit: number,
    @Arg('filter', () => ItemFilterInput, FILTER) filter: ItemFilterInput | undefined,
    @Ctx() { signal }: Context,
  ): Promise<KeptHit[]> {
    return keptHits(collection, await collection.neighbours(item, { limit, filter }, signal));
  }
}
