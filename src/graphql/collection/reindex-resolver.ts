import { Arg, Extensions, Field, ID, Int, ObjectType, Resolver, Root, Subscription } from 'type-graphql';
import type { Context } from '../context.js';
import { missingAmount, type FieldExtensions } from '../cost/amounts.js';

@ObjectType('ReindexProgress', { description: 'How a collection that is made anew gets on.' })
export class ReindexProgressType {
  @Field(() => Int, { description: 'Items that are made, and those that are missing.' })
  completed!: number;

  @Field(() => Int, { description: 'Items of the collection.' })
  total!: number;

  @Field(() => Int, { description: 'Items whose bytes cannot be had again.' })
  missing!: number;

  @Field(() => [ID], { description: 'Those of them that were found since the last progress.' })
  missingIds!: readonly string[];

  @Field(() => Boolean, { description: 'Whether the new collection has taken the place of the old one.' })
  isDone!: boolean;
}

interface ReindexArguments {
  readonly name: string;
  readonly model?: string | null;
  readonly dropMissing: boolean;
}

@Resolver()
export class ReindexResolver {
  @Extensions({ amount: missingAmount } satisfies FieldExtensions)
  @Subscription(() => ReindexProgressType, {
    description:
      "Makes a collection anew in another model's space, and swaps it in when it is whole: it is searched meanwhile. Texts " +
      'that are kept, pictures whose originals are kept and those that an allowed URL still gives can be made anew; the others are missing, and ' +
      'nothing is swapped then, unless dropMissing. One that was not finished is gone on with. Needs the scope admin.',
    subscribe: ({
      args: { name, model, dropMissing },
      context: { collections, signal, client },
    }: {
      args: ReindexArguments;
      context: Context;
    }) => collections.reindex(name, { model: model ?? undefined, dropMissing }, { signal, client }),
  })
  reindexCollection(
    @Root() progress: ReindexProgressType,
    @Arg('name', () => ID, { description: "The collection's name." }) _name: string,
    @Arg('model', () => ID, {
      nullable: true,
      description: "The model's id or alias; the configured default if absent.",
    })
    _model: string | undefined | null,
    @Arg('dropMissing', () => Boolean, {
      defaultValue: false,
      description: 'Leave out what cannot be made anew.',
    })
    _dropMissing: boolean,
  ): ReindexProgressType {
    return progress;
  }
}
