import { cosine } from '../../core/similarity/index.js';
import { ClipgraphError } from '../../errors/index.js';
import { hash } from '../identity.js';
import type { EmbedOptions, RequestScope } from '../options.js';
import type { Row } from '../../stores/index.js';
import { compare, type Similarity } from '../similarity.js';
import { pack } from '../given-vector.js';
import { toFilter, type ItemFilter } from './filter.js';
import { clustersIn, groupsIn, type ClustersFound } from './grouping.js';
import { toItem, type Item } from './item.js';
import { embedFor, optionsFor, type OpenCollection } from './open-collection.js';
import { checkFirst, kept, type Hit } from './search.js';

/** Items that are nearly alike. */
export interface DuplicateGroup {
  /** The lowest one between a member and the first one. */
  readonly cosine: number;
  /** The first one, then the others, best first; 1,000 at most. */
  readonly items: readonly Item[];
  /** Members, those that are not in `items` among them. */
  readonly size: number;
}

export interface DuplicateOptions {
  /** The least cosine of a member to the first one. Default 0.95. */
  readonly threshold?: number | undefined;
  readonly filter?: ItemFilter | null | undefined;
}

export interface Cluster {
  /** Cosine of each to the centre, best first; as many as were asked for. */
  readonly items: readonly Hit[];
  /** Items in it. */
  readonly size: number;
  /** The nearest of the given labels. */
  readonly label: string | undefined;
  /** float32 `[dimensions]` of unit length. */
  readonly centre: Float32Array;
}

export interface ClusterOptions extends EmbedOptions {
  /** Default 8; fewer come out where there are fewer different items. */
  readonly count?: number | undefined;
  /** Texts that name the clusters. */
  readonly labels?: readonly string[] | null | undefined;
  readonly filter?: ItemFilter | null | undefined;
  /** Items of each that are given. Default 10. */
  readonly first?: number | undefined;
}

/** Which rows are meant beside the filter, and whether their number is held to `limits.maxScanItems`: a query's answer has its time, a stream takes any. */
interface Bounds {
  readonly isLimited: boolean;
  readonly isMeant?: ((row: Row) => boolean) | undefined;
}

/** Members of a group that are given. */
const MOST_MEMBERS = 1000;
const MOST_CLUSTERS = 256;

function refuse(argument: string, message: string): never {
  throw new ClipgraphError('BAD_USER_INPUT', message, { input: { argument, index: 0 } });
}

/** The items of these ids that are still there. */
async function itemsAt({ spec, stored }: OpenCollection, ids: readonly string[]): Promise<Item[]> {
  const rows = await stored.get(ids);
  return rows.filter((row) => row !== undefined).map((row) => toItem(spec.name, row));
}

/** A group whose members are not read yet. */
interface GroupOfIds {
  readonly cosine: number;
  readonly ids: readonly string[];
}

/** Of any number: more than some 100,000 are no arguments of a function. */
export function lowestOf(members: readonly { readonly cosine: number }[]): number {
  return members.reduce((lowest, { cosine: each }) => Math.min(lowest, each), Infinity);
}

async function* groupsOfIds(
  open: OpenCollection,
  { threshold = 0.95, filter }: DuplicateOptions,
  bounds: Bounds,
  scope: RequestScope,
): AsyncGenerator<GroupOfIds, undefined> {
  if (!(threshold > 0 && threshold <= 1)) {
    refuse('threshold', `Expected a threshold above 0 and up to 1 but received ${threshold}.`);
  }
  const asked = { ...bounds, filter: toFilter(filter), threshold };
  for await (const { group, ids } of groupsIn(open, asked, scope)) {
    const members = [group.first, ...group.others.map(({ row }) => row)].map((row) => ids[row]);
    yield { cosine: lowestOf(group.others), ids: members };
  }
  return undefined;
}

async function readGroup(open: OpenCollection, group: GroupOfIds): Promise<DuplicateGroup> {
  const items = await itemsAt(open, group.ids.slice(0, MOST_MEMBERS));
  return { cosine: group.cosine, items, size: group.ids.length };
}

/**
 * Groups of items with a cosine of at least the threshold to their first member, greedily in the order of ids, each as it
 * is found.
 *
 * @param isMeant which rows are compared, if not all that the filter means
 */
export async function* duplicateGroups(
  open: OpenCollection,
  options: DuplicateOptions,
  isMeant: Bounds['isMeant'],
  scope: RequestScope,
): AsyncGenerator<DuplicateGroup, undefined> {
  for await (const group of groupsOfIds(open, options, { isLimited: false, isMeant }, scope)) {
    yield await readGroup(open, group);
  }
  return undefined;
}

/**
 * The largest groups first; ties in the order of their first ids.
 *
 * @throws QUERY_TOO_COMPLEX for a collection of more than `limits.maxScanItems`, BAD_USER_INPUT
 */
export async function largestGroups(
  open: OpenCollection,
  { first = 50, ...options }: DuplicateOptions & { readonly first?: number | undefined },
  scope: RequestScope,
): Promise<DuplicateGroup[]> {
  checkFirst(first);
  const groups: GroupOfIds[] = [];
  for await (const group of groupsOfIds(open, options, { isLimited: true }, scope)) groups.push(group);
  const largest = groups.sort((a, b) => b.ids.length - a.ids.length).slice(0, first);
  return Promise.all(largest.map((group) => readGroup(open, group)));
}

interface Labelled {
  readonly label: string;
  readonly vector: Float32Array;
}

async function embedLabels(
  open: OpenCollection,
  labels: readonly string[],
  how: EmbedOptions,
  scope: RequestScope,
): Promise<Labelled[]> {
  open.embedder.checkCount(labels.length);
  const options = await optionsFor(open, how);
  return Promise.all(
    labels.map(async (label) => ({
      label,
      vector: (await embedFor(open, { text: label }, options, scope)).vector,
    })),
  );
}

function nearestLabel(centre: Float32Array, labels: readonly Labelled[]): string | undefined {
  const cosines = labels.map(({ vector }) => cosine(centre, vector));
  return labels.at(cosines.indexOf(Math.max(...cosines)))?.label;
}

/** The places of each cluster's items, best first. */
function membersOf({ centres, assignments, cosines }: ClustersFound): number[][] {
  const members = centres.map((): number[] => []);
  for (const [place, cluster] of assignments.entries()) members[cluster].push(place);
  return members.map((places) => places.sort((a, b) => cosines[b] - cosines[a] || a - b));
}

/**
 * k-means on the sphere with a fixed seed: the largest clusters first. What is not found in the collection any more when its
 * items are read is left out.
 *
 * @throws QUERY_TOO_COMPLEX for a collection of more than `limits.maxScanItems` where that is asked for, BAD_USER_INPUT
 */
export async function clusters(
  open: OpenCollection,
  { count = 8, labels, filter, first = 10, ...how }: ClusterOptions,
  { isLimited }: Bounds,
  scope: RequestScope,
): Promise<Cluster[]> {
  if (!Number.isInteger(count) || count < 1 || count > MOST_CLUSTERS) {
    refuse('count', `Expected count to be an integer between 1 and ${MOST_CLUSTERS} but received ${count}.`);
  }
  checkFirst(first);
  const named = await embedLabels(open, labels ?? [], how, scope);
  const { found, ids } = await clustersIn(open, { filter: toFilter(filter), count, isLimited }, scope);
  const members = membersOf(found);
  const made = found.centres.map(async (centre, at): Promise<Cluster> => {
    const places = members[at];
    const items = await itemsAt(
      open,
      places.slice(0, first).map((place) => ids[place]),
    );
    const hits = items.map((item): Hit => {
      const similarity = async (): Promise<Similarity> => {
        const contentHash = hash(['centre', pack(centre)]);
        const middle = {
          contentHash,
          modality: 'VECTOR',
          vector: centre,
          text: undefined,
          image: undefined,
        } as const;
        return compare(await kept(open, middle), await kept(open, item));
      };
      return { item, cosine: cosine(centre, item.vector), similarity };
    });
    return { items: hits, size: places.length, label: nearestLabel(centre, named), centre };
  });
  return (await Promise.all(made)).sort((a, b) => b.size - a.size);
}
