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
  Subscription,
} from 'type-graphql';
import type { Cluster, Collection, DuplicateGroup, ItemFilter } from '../../engine/index.js';
import { ClipgraphError } from '../../errors/index.js';
import type { Context } from '../context.js';
import {
  CLUSTER_ITEMS,
  clusterAmount,
  clustersAmount,
  DUPLICATES_AT_MOST,
  duplicatesAmount,
  groupAmount,
  type FieldExtensions,
} from '../cost/amounts.js';
import { mappedStream } from '../mapped-stream.js';
import { Vector } from '../scalars.js';
import { FILTER, ItemFilterInput } from './filter-input.js';
import { ItemType } from './item-type.js';
import { keptHits, type KeptHit, type KeptItem } from './kept.js';
import { HitType } from './search-type.js';

/** What a group's fields are read from. */
interface FoundGroup {
  readonly group: DuplicateGroup;
  readonly collection: Collection;
}

interface FoundCluster {
  readonly cluster: Cluster;
  readonly collection: Collection;
}

@ObjectType('DuplicateGroup', { description: 'Items that are nearly alike.' })
export class DuplicateGroupType {}

@Resolver(() => DuplicateGroupType)
export class DuplicateGroupResolver {
  @FieldResolver(() => Float, { description: 'The lowest cosine between a member and the first one.' })
  cosine(@Root() { group }: FoundGroup): number {
    return group.cosine;
  }

  @FieldResolver(() => [ItemType], {
    description: 'The first one, then the others, best first; 1,000 at most.',
  })
  items(@Root() { group, collection }: FoundGroup): KeptItem[] {
    return group.items.map((item) => ({ item, collection }));
  }

  @FieldResolver(() => Int, { description: 'Members, those beyond 1,000 among them.' })
  size(@Root() { group }: FoundGroup): number {
    return group.size;
  }
}

@ObjectType('Cluster', { description: 'Items around one direction.' })
export class ClusterType {}

@Resolver(() => ClusterType)
export class ClusterResolver {
  @FieldResolver(() => [HitType], { description: 'Cosine of each to the centre, best first.' })
  items(@Root() { cluster, collection }: FoundCluster): KeptHit[] {
    return keptHits(collection, cluster.items);
  }

  @FieldResolver(() => Int, { description: 'Items in it.' })
  size(@Root() { cluster }: FoundCluster): number {
    return cluster.size;
  }

  @FieldResolver(() => String, { nullable: true, description: 'The nearest of the given labels.' })
  label(@Root() { cluster }: FoundCluster): string | undefined {
    return cluster.label;
  }

  @FieldResolver(() => Vector, { description: 'The centre: of unit length, packed.' })
  vectorBase64(@Root() { cluster }: FoundCluster): Float32Array {
    return cluster.centre;
  }
}

const NAME = { description: "The collection's name." } as const;
const THRESHOLD = {
  defaultValue: 0.95,
  description: 'The least cosine of a member to the first one.',
} as const;
const COUNT = {
  defaultValue: 8,
  description: 'How many: 1 to 256; fewer come out where items are alike.',
} as const;
const LABELS = { nullable: true, description: 'Texts that name the clusters: ["animals", "food"].' } as const;

interface DuplicatesArguments {
  readonly collection: string;
  readonly threshold: number;
  readonly filter?: ItemFilter | null;
}

interface ClustersArguments {
  readonly collection: string;
  readonly count: number;
  readonly labels?: readonly string[] | null;
  readonly filter?: ItemFilter | null;
}

async function streamGroups(
  { collection: name, threshold, filter }: DuplicatesArguments,
  { collections, signal, client }: Context,
): Promise<AsyncIterableIterator<FoundGroup>> {
  const collection = await collections.get(name, 'read');
  return mappedStream(collection.duplicates({ threshold, filter }, { signal, client }), (group) => ({
    group,
    collection,
  }));
}

async function* streamClusters(
  { collection: name, count, labels, filter }: ClustersArguments,
  { collections, signal, client }: Context,
): AsyncGenerator<FoundCluster> {
  const collection = await collections.get(name, 'read');
  const found = await collection.clusters(
    { count, labels, filter, first: CLUSTER_ITEMS },
    { signal, client },
  );
  for (const cluster of found) yield { cluster, collection };
}

/** Groups may be of any size: what they come to is known when they are found. */
function checkMembers(groups: readonly DuplicateGroup[]): void {
  const members = groups.reduce((sum, { items }) => sum + items.length, 0);
  if (members <= DUPLICATES_AT_MOST) return;
  const message = `The ${groups.length} groups hold ${members} items; an answer holds ${DUPLICATES_AT_MOST} at most. Ask for fewer groups with first, or use nearDuplicatesStream.`;
  throw new ClipgraphError('QUERY_TOO_COMPLEX', message);
}

@Resolver()
export class GroupsResolver {
  @Extensions({ amount: duplicatesAmount } satisfies FieldExtensions)
  @Query(() => [DuplicateGroupType], {
    description:
      'Groups of items with a cosine of at least the threshold to their first member, largest groups first; first members ' +
      'are taken in the order of ids. Collections of more than limits.maxScanItems are refused: use nearDuplicatesStream.',
  })
  async nearDuplicates(
    @Arg('collection', () => ID, NAME) name: string,
    @Arg('threshold', () => Float, THRESHOLD) threshold: number,
    @Arg('filter', () => ItemFilterInput, FILTER) filter: ItemFilterInput | undefined,
    @Arg('first', () => Int, { defaultValue: 50, description: 'Groups at most: 1 to 1,000.' }) first: number,
    @Ctx() { collections, signal, client }: Context,
  ): Promise<FoundGroup[]> {
    const collection = await collections.get(name, 'read');
    const groups = await collection.largestDuplicates({ threshold, filter, first }, { signal, client });
    checkMembers(groups);
    return groups.map((group) => ({ group, collection }));
  }

  @Extensions({ amount: clustersAmount } satisfies FieldExtensions)
  @Query(() => [ClusterType], {
    description:
      'k-means on the sphere with a fixed seed, largest clusters first; labels name the clusters. Collections of more than ' +
      'limits.maxScanItems are refused: use clustersStream.',
  })
  async clusters(
    @Arg('collection', () => ID, NAME) name: string,
    @Arg('count', () => Int, COUNT) count: number,
    @Arg('labels', () => [String], LABELS) labels: string[] | undefined | null,
    @Arg('filter', () => ItemFilterInput, FILTER) filter: ItemFilterInput | undefined,
    @Arg('first', () => Int, { defaultValue: 10, description: 'Items of each: 1 to 1,000.' }) first: number,
    @Ctx() { collections, signal, client }: Context,
  ): Promise<FoundCluster[]> {
    const collection = await collections.get(name, 'read');
    const found = await collection.clusters(
      { count, labels, filter, first },
      { signal, client },
      { isLimited: true },
    );
    return found.map((cluster) => ({ cluster, collection }));
  }

  @Extensions({ amount: groupAmount } satisfies FieldExtensions)
  @Subscription(() => DuplicateGroupType, {
    description:
      'As the query, for any size: each group as it is found, in the order of the ids of the first members.',
    subscribe: ({ args, context }: { args: DuplicatesArguments; context: Context }) =>
      streamGroups(args, context),
  })
  nearDuplicatesStream(
    @Root() group: FoundGroup,
    @Arg('collection', () => ID, NAME) _name: string,
    @Arg('threshold', () => Float, THRESHOLD) _threshold: number,
    @Arg('filter', () => ItemFilterInput, FILTER) _filter: ItemFilterInput | undefined,
  ): FoundGroup {
    return group;
  }

  @Extensions({ amount: clusterAmount } satisfies FieldExtensions)
  @Subscription(() => ClusterType, {
    description: `As the query, for any size: the clusters come one by one when all are found, with the ${CLUSTER_ITEMS} best items of each.`,
    subscribe: ({ args, context }: { args: ClustersArguments; context: Context }) =>
      streamClusters(args, context),
  })
  clustersStream(
    @Root() cluster: FoundCluster,
    @Arg('collection', () => ID, NAME) _name: string,
    @Arg('count', () => Int, COUNT) _count: number,
    @Arg('labels', () => [String], LABELS) _labels: string[] | undefined | null,
    @Arg('filter', () => ItemFilterInput, FILTER) _filter: ItemFilterInput | undefined,
  ): FoundCluster {
    return cluster;
  }
}
