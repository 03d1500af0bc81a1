import { Ctx, Field, ID, ObjectType, Query, Resolver } from 'type-graphql';
import type { Collections } from '../../engine/index.js';
import { ClipgraphError } from '../../errors/index.js';
import type { Context } from '../context.js';
import { RuntimeStatus } from '../runtime/runtime-type.js';

type Store = Collections['stores'][number];

@ObjectType('Store', { description: 'A store plugin, as it is configured.' })
export class StoreType {
  @Field(() => ID, { description: 'What CreateCollectionInput.store takes.' })
  name!: string;

  @Field(() => Boolean, { description: 'Whether every search looks at all items.' })
  isExact!: boolean;

  @Field(() => Boolean, { description: 'Whether several servers may write at a time.' })
  hasManyWriters!: boolean;

  @Field(() => RuntimeStatus, { description: 'Whether it can serve.' })
  status!: RuntimeStatus;

  @Field(() => String, {
    nullable: true,
    description: "Why it can't serve, and what to do about it; null if it can.",
  })
  reason?: string;
}

/** A store's present state. */
export async function describeStore(store: Store): Promise<StoreType> {
  const { name } = store;
  try {
    const { isExact, hasManyWriters } = (await store.plugin()).traits;
    const probe = await store.probe();
    if (probe.ready) return { name, isExact, hasManyWriters, status: RuntimeStatus.READY };
    const reason = `${probe.reason} ${probe.remedy}`;
    return { name, isExact, hasManyWriters, status: RuntimeStatus.UNAVAILABLE, reason };
  } catch (error) {
    const reason = error instanceof ClipgraphError ? error.message : 'Its options are wrong. Correct them.';
    // What cannot be loaded promises nothing.
    return { name, isExact: false, hasManyWriters: false, status: RuntimeStatus.UNAVAILABLE, reason };
  }
}

@Resolver(() => StoreType)
export class StoreResolver {
  @Query(() => [StoreType], {
    description:
      'The stores that are configured, the default one first, and why those that cannot serve cannot.',
  })
  stores(@Ctx() { collections }: Context): Promise<StoreType[]> {
    return Promise.all(collections.stores.map(describeStore));
  }
}
