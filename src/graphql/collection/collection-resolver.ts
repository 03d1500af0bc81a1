import { Arg, Ctx, Extensions, Field, ID, InputType, Int, Mutation, Query, Resolver } from 'type-graphql';
import type { Collection } from '../../engine/index.js';
import { ClipgraphError } from '../../errors/index.js';
import type { Context } from '../context.js';
import { collectionsAmount, type FieldExtensions } from '../cost/amounts.js';
import { CollectionType } from './collection-type.js';
import { ItemType } from './item-type.js';
import type { KeptItem } from './kept.js';

@InputType('CreateCollectionInput', {
  description: 'What a collection is created with; nothing of it changes afterwards.',
})
export class CreateCollectionInput {
  @Field(() => ID, { description: '1 to 64 of a-z, 0-9, "-" and "_".' })
  name!: string;

  @Field(() => String, { nullable: true, description: 'For people: up to 1,000 characters.' })
  description?: string;

  @Field(() => ID, {
    nullable: true,
    description: "A model's id or alias; the configured default if absent.",
  })
  model?: string;

  @Field(() => ID, { nullable: true, description: 'A configured store; the default one if absent.' })
  store?: string;

  @Field(() => Boolean, { defaultValue: false, description: 'Whether small pictures are kept.' })
  thumbnails!: boolean;

  @Field(() => Boolean, { defaultValue: true, description: 'Whether texts are kept; else their hash alone.' })
  keepText!: boolean;

  @Field(() => Boolean, {
    defaultValue: false,
    description: 'Whether pictures are kept as they were sent, so that the collection can be made anew.',
  })
  keepOriginals!: boolean;
}

function checkIds(ids: readonly string[], most: number): void {
  if (ids.length <= most) return;
  const message = `The list holds ${ids.length} ids; the limit is ${most} (limits.maxStreamInputs).`;
  throw new ClipgraphError('TOO_MANY_INPUTS', message);
}

@Resolver(() => CollectionType)
export class CollectionResolver {
  @Extensions({ amount: collectionsAmount } satisfies FieldExtensions)
  @Query(() => [CollectionType], {
    description: 'The collections that the token may see, in the order of their names.',
  })
  collections(@Ctx() { collections }: Context): Promise<Collection[]> {
    return collections.list();
  }

  @Query(() => CollectionType, {
    nullable: true,
    description: 'One collection; null and COLLECTION_NOT_FOUND if there is none.',
  })
  collection(
    @Arg('name', () => ID, { description: 'Its name.' }) name: string,
    @Ctx() { collections }: Context,
  ): Promise<Collection> {
    return collections.get(name, 'read');
  }

  @Query(() => ItemType, {
    nullable: true,
    description: 'One item; null if the collection has none of this id.',
  })
  async item(
    @Arg('collection', () => ID, { description: "The collection's name." }) name: string,
    @Arg('id', () => ID, { description: 'The id of the item.' }) id: string,
    @Ctx() { collections }: Context,
  ): Promise<KeptItem | undefined> {
    const collection = await collections.get(name, 'read');
    const [item] = await collection.get([id]);
    return item && { item, collection };
  }

  @Mutation(() => CollectionType, {
    description:
      'Needs the scope admin. For example `createCollection(input: {name: "photos"}) { name model { id } }`.',
  })
  createCollection(
    @Arg('input', () => CreateCollectionInput, { description: 'What it is created with.' })
    input: CreateCollectionInput,
    @Ctx() { collections }: Context,
  ): Promise<Collection> {
    return collections.create(input);
  }

  @Mutation(() => Boolean, {
    description:
      'Removes a collection with all that is kept of it; false if there was none. Needs the scope admin.',
  })
  deleteCollection(
    @Arg('name', () => ID, { description: 'Its name.' }) name: string,
    @Ctx() { collections }: Context,
  ): Promise<boolean> {
    return collections.delete(name);
  }

  @Mutation(() => Int, {
    description:
      'How many were there. They are out of every answer, and off the disk, when this answers. Needs the scope write.',
  })
  async removeItems(
    @Arg('collection', () => ID, { description: "The collection's name." }) name: string,
    @Arg('ids', () => [ID], { description: 'The ids of the items.' }) ids: string[],
    @Ctx() { collections, config }: Context,
  ): Promise<number> {
    checkIds(ids, config.limits.maxStreamInputs);
    return (await collections.get(name, 'write')).remove(ids);
  }
}
