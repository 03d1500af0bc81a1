import {
  Arg,
  createUnionType,
  Ctx,
  Extensions,
  Field,
  ID,
  InputType,
  Int,
  Mutation,
  ObjectType,
  Resolver,
  Root,
  Subscription,
} from 'type-graphql';
import type { AddedItem, Collection, NewItem } from '../../engine/index.js';
import { ClipgraphError } from '../../errors/index.js';
import { toEmbedOptions } from '../content/embedding-scope.js';
import { ContentInput, EmbedOptionsInput, OPTIONS, toContent } from '../content/inputs.js';
import type { Context } from '../context.js';
import { addAmount, type FieldExtensions } from '../cost/amounts.js';
import { ContentErrorType } from '../embedding/embed-resolver.js';
import { mappedStream } from '../mapped-stream.js';
import { ItemType } from './item-type.js';
import { Json, type JsonValue } from './json-scalar.js';
import type { KeptItem } from './kept.js';

@InputType('ItemInput', { description: 'Something to be kept.' })
export class ItemInput {
  @Field(() => ID, {
    nullable: true,
    description: 'The hash of the content if absent: the same content is then the same item.',
  })
  id?: string;

  @Field(() => ContentInput, { description: 'What is embedded.' })
  content!: ContentInput;

  @Field(() => String, {
    nullable: true,
    description: 'Where the content came from: up to 2,048 characters.',
  })
  source?: string;

  @Field(() => Json, {
    nullable: true,
    description: 'An object. Absent: what is there already stays; {} clears it.',
  })
  metadata?: JsonValue;
}

@ObjectType('AddedItem', { description: 'An item that is kept, durably.' })
export class AddedItemType {
  @Field(() => ItemType, { description: 'As it is kept.' })
  item!: KeptItem;

  @Field(() => Boolean, { description: 'What was there already and is unchanged was not embedded again.' })
  wasEmbedded!: boolean;
}

const AddResult = createUnionType({
  name: 'AddResult',
  description: 'What became of one item: it stands in the order of the request.',
  types: () => [AddedItemType, ContentErrorType] as const,
  resolveType: (value: object) => ('code' in value ? 'ContentError' : 'AddedItem'),
});

type AddResult = AddedItemType | ContentErrorType;

@ObjectType('ImportProgress', { description: 'How a long import gets on.' })
export class ImportProgressType {
  @Field(() => Int, { description: 'Results so far, this one and the failures included.' })
  completed!: number;

  @Field(() => Int, { nullable: true, description: 'Items of the import, where that is known.' })
  total?: number;

  @Field(() => Int, { description: 'Those that failed.' })
  failed!: number;

  @Field(() => Int, { description: "The latest one's place in the request; results come in any order." })
  index!: number;

  @Field(() => AddResult, { description: 'The latest one.' })
  result!: AddResult;
}

function toNewItem({ id, content, source, metadata }: ItemInput): NewItem {
  return { id, content: toContent(content), source, metadata: metadata as NewItem['metadata'] };
}

function toAddResult(collection: Collection, result: AddedItem | ClipgraphError, index: number): AddResult {
  if (result instanceof ClipgraphError) return { index, code: result.code, message: result.message };
  return { item: { item: result.item, collection }, wasEmbedded: result.wasEmbedded };
}

interface AddItemsArguments {
  readonly collection: string;
  readonly items: readonly ItemInput[];
  readonly options?: EmbedOptionsInput | null;
}

/** Adds the items of a subscription, and counts them. */
async function progressOf(
  { collection: name, items, options }: AddItemsArguments,
  { collections, signal, client }: Context,
): Promise<AsyncIterableIterator<ImportProgressType>> {
  const collection = await collections.get(name, 'write');
  const results = collection.add(items.map(toNewItem), toEmbedOptions(options), { signal, client });
  let completed = 0;
  let failed = 0;
  return mappedStream(results, ({ index, result }) => {
    completed++;
    if (result instanceof ClipgraphError) failed++;
    const latest = toAddResult(collection, result, index);
    return { completed, total: items.length, failed, index, result: latest };
  });
}

const ITEMS = { description: 'What is added, in any mixture.' } as const;
const NAME = { description: "The collection's name." } as const;

@Resolver(() => AddedItemType)
export class AddItemsResolver {
  @Extensions({ amount: addAmount } satisfies FieldExtensions)
  @Mutation(() => [AddResult], {
    description:
      'Each failure in its own place; what was added is durable when this answers. Adding what is there replaces its ' +
      'metadata if that is given; the same id with new content replaces the item. Needs the scope write. ' +
      'For example `addItems(collection: "photos", items: [{content: {image: {example: "dog"}}, metadata: {animal: true}}]) { ... on AddedItem { item { id } } }`.',
  })
  async addItems(
    @Arg('collection', () => ID, NAME) name: string,
    @Arg('items', () => [ItemInput], ITEMS) items: ItemInput[],
    @Arg('options', () => EmbedOptionsInput, OPTIONS) options: EmbedOptionsInput | undefined,
    @Ctx() { collections, signal, client }: Context,
  ): Promise<AddResult[]> {
    const collection = await collections.get(name, 'write');
    const results: AddResult[] = [];
    const added = collection.add(items.map(toNewItem), toEmbedOptions(options), { signal, client });
    for await (const { index, result } of added) results[index] = toAddResult(collection, result, index);
    return results;
  }

  @Extensions({ amount: addAmount } satisfies FieldExtensions)
  @Subscription(() => ImportProgressType, {
    description:
      "A long import, each result as soon as it is durable. Uploads don't travel over WebSocket: texts, vectors, URLs " +
      'and base64 do. Unsubscribing stops what has not started. Needs the scope write.',
    subscribe: ({ args, context }: { args: AddItemsArguments; context: Context }) =>
      progressOf(args, context),
  })
  addItemsStream(
    @Root() progress: ImportProgressType,
    @Arg('collection', () => ID, NAME) _name: string,
    @Arg('items', () => [ItemInput], ITEMS) _items: ItemInput[],
    @Arg('options', () => EmbedOptionsInput, OPTIONS) _options: EmbedOptionsInput | undefined,
  ): ImportProgressType {
    return progress;
  }
}
