import {
  Arg,
  Ctx,
  Extensions,
  Field,
  FieldResolver,
  ID,
  Int,
  ObjectType,
  Resolver,
  Root,
} from 'type-graphql';
import type { Collection, ItemFilter, ItemPage } from '../../engine/index.js';
import type { Model } from '../../models/index.js';
import type { Context } from '../context.js';
import { pageAmount, type FieldExtensions } from '../cost/amounts.js';
import { ModelType } from '../model/model-type.js';
import { FILTER, ItemFilterInput } from './filter-input.js';
import { ItemType } from './item-type.js';
import { DateTime } from './json-scalar.js';
import type { KeptItem } from './kept.js';
import { describeStore, StoreType } from './store-type.js';

@ObjectType('PageInfo', { description: 'Where a page of a list ends.' })
export class PageInfoType {
  @Field(() => Boolean, { description: 'Whether there are more.' })
  hasNextPage!: boolean;

  @Field(() => String, {
    nullable: true,
    description: 'What `after` takes for the next page; null on an empty one.',
  })
  endCursor?: string;
}

@ObjectType('ItemConnection', { description: 'A page of items.' })
export class ItemConnectionType {
  readonly page!: ItemPage;
  readonly collection!: Collection;
  readonly filter!: ItemFilter | undefined;
}

@Resolver(() => ItemConnectionType)
export class ItemConnectionResolver {
  @FieldResolver(() => [ItemType], { description: 'In the order of their ids.' })
  nodes(@Root() { page, collection }: ItemConnectionType): KeptItem[] {
    return page.nodes.map((item) => ({ item, collection }));
  }

  @FieldResolver(() => PageInfoType, { description: 'Where the page ends.' })
  pageInfo(@Root() { page }: ItemConnectionType): PageInfoType {
    return page.pageInfo;
  }

  @FieldResolver(() => Int, { description: 'Items that the filter means, on all pages.' })
  totalCount(@Root() { collection, filter }: ItemConnectionType): Promise<number> {
    return collection.count(filter);
  }
}

@ObjectType('Collection', {
  description: 'A named set of contents whose embeddings are kept, to be searched.',
})
export class CollectionType {}

@Resolver(() => CollectionType)
export class CollectionFieldsResolver {
  @FieldResolver(() => ID, { description: '1 to 64 of a-z, 0-9, "-" and "_".' })
  name(@Root() { name }: Collection): string {
    return name;
  }

  @FieldResolver(() => String, { nullable: true, description: 'As it was created with.' })
  description(@Root() { spec }: Collection): string | null {
    return spec.description;
  }

  @FieldResolver(() => ModelType, {
    nullable: true,
    description:
      'The model in whose space it lies; null when no configured model has this checksum any more.',
  })
  model(@Root() collection: Collection): Promise<Model | undefined> {
    return collection.model();
  }

  @FieldResolver(() => String, {
    description:
      'Of the space, with dtype and dimensions: only vectors of the same three can be compared with it.',
  })
  checksum(@Root() { spec }: Collection): string {
    return spec.space.checksum;
  }

  @FieldResolver(() => String, { description: 'Of the space.' })
  dtype(@Root() { spec }: Collection): string {
    return spec.space.dtype;
  }

  @FieldResolver(() => Int, { description: 'Of the space: numbers of a vector.' })
  dimensions(@Root() { spec }: Collection): number {
    return spec.space.dimensions;
  }

  @FieldResolver(() => Int, { description: 'Items.' })
  async count(@Root() collection: Collection): Promise<number> {
    return (await collection.state()).count;
  }

  @FieldResolver(() => StoreType, {
    description: 'The store plugin that keeps it, and what that store does.',
  })
  store(@Root() { store }: Collection): Promise<StoreType> {
    return describeStore(store);
  }

  @FieldResolver(() => DateTime, { description: 'When it was created.' })
  createdAt(@Root() { spec }: Collection): Date {
    return new Date(spec.createdAt);
  }

  @FieldResolver(() => DateTime, { description: 'When an item was last added, changed or removed.' })
  async updatedAt(@Root() collection: Collection): Promise<Date> {
    return new Date((await collection.state()).updatedAt);
  }

  @Extensions({ amount: pageAmount } satisfies FieldExtensions)
  @FieldResolver(() => ItemConnectionType, { description: 'In the order of their ids, by bytes.' })
  async items(
    @Root() collection: Collection,
    @Arg('first', () => Int, { defaultValue: 50, description: 'Items at most: 1 to 1,000.' }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'The endCursor of the page before.' })
    after: string | undefined | null,
    @Arg('filter', () => ItemFilterInput, FILTER) filter: ItemFilterInput | undefined,
    @Ctx() { signal }: Context,
  ): Promise<ItemConnectionType> {
    return { page: await collection.page({ first, after, filter }, signal), collection, filter };
  }
}
