import { Command } from 'commander';
import { cosine } from '../core/similarity/index.js';
import type { Collection, Item } from '../engine/index.js';
import type { Row } from '../stores/index.js';
import { itemJson } from './collection-json.js';
import {
  addCollectionFlag,
  collectionCommand,
  collectionNameOf,
  findCollection,
  findOrCreate,
} from './collection-command.js';
import { print, reportFailures } from './embedding-command.js';
import { nameOf } from './item-name.js';
import { addExamples } from './help.js';
import { complain } from './indexing/complain.js';
import { indexFolder } from './indexing/index-folder.js';
import { pathOf, readRoots, type Roots } from './indexing/roots.js';
import { scopesOf, type Scope } from './indexing/scope.js';
import { cosineValue } from './option-values.js';

/** As the API's nearDuplicates has it. */
const THRESHOLD = 0.95;

interface Member {
  readonly item: Item;
  /** To the first one of its group. */
  readonly cosine: number;
}

/** The groups of the files in these folders; of all items where none is named. */
async function* groupsOf(
  collection: Collection,
  scopes: readonly Scope[],
  threshold: number,
  signal: AbortSignal,
): AsyncGenerator<readonly Member[], undefined> {
  const isIn = ({ origin }: Row): boolean =>
    scopes.some(({ root, prefix }) => origin?.root === root && origin.path.startsWith(prefix));
  const isMeant = scopes.length === 0 ? undefined : isIn;
  for await (const { items } of collection.duplicates({ threshold }, { signal }, isMeant)) {
    const [first, ...others] = items;
    const members = others.map((item) => ({ item, cosine: cosine(first.vector, item.vector) }));
    yield [{ item: first, cosine: 1 }, ...members];
  }
  return undefined;
}

/** Brings the collection in line with the folders, saying what is refused. */
async function indexAll(
  collection: Collection,
  scopes: readonly Scope[],
  signal: AbortSignal,
): Promise<void> {
  for (const scope of scopes) {
    const report = await indexFolder(collection, scope, { prune: false, signal });
    reportFailures(report.refused.map((file) => ({ ...file, name: file.file })));
    complain(report);
  }
}

function printGroup(members: readonly Member[]): void {
  const [{ item: first }] = members;
  print(nameOf(first));
  for (const { item, cosine: value } of members) {
    const size =
      item.image === undefined ? '' : `${item.image.width} × ${item.image.height}, ${item.image.bytes} bytes`;
    const how = item.contentHash === first.contentHash ? 'exact copy' : value.toFixed(4);
    if (item !== first) print(`  ${how.padEnd(10)}  ${nameOf(item)}  ${size}`.trimEnd());
  }
}

async function pathsOf(collection: Collection, members: readonly Member[], roots: Roots): Promise<string[]> {
  const rows = await collection.rowsOf(members.map(({ item }) => item.id));
  return rows.map((row) => pathOf(row?.origin, roots)).filter((path) => path !== undefined);
}

/** `clipgraph duplicates`. */
export function duplicatesCommand(): Command {
  const command = new Command('duplicates')
    .description('Groups of pictures that are the same, or nearly.')
    .argument('[folders...]', 'folders, which are indexed first; the whole collection if none is named')
    .option('--threshold <cosine>', `from which cosine on (default: ${THRESHOLD})`, cosineValue)
    .option('-0, --null', 'print the absolute paths of all but the first of each group, each ended by NUL');
  addCollectionFlag(command);
  addExamples(
    command,
    'clipgraph duplicates photos/',
    'clipgraph duplicates photos/ --threshold 0.99 --json',
    'clipgraph duplicates --collection family',
  );
  return collectionCommand(command, async ({ collections, isJson, signal }, flags, given) => {
    const [folders] = given as [string[]];
    const name = collectionNameOf(flags);
    const open = (): Promise<Collection> => findOrCreate(collections, name);
    const scopes = folders.length === 0 ? [] : await scopesOf(folders, open);
    const collection = await findCollection(collections, name);
    await indexAll(collection, scopes, signal);
    const roots = await readRoots();
    const groups: object[] = [];
    let isAny = false;
    const threshold = (flags.threshold as number | undefined) ?? THRESHOLD;
    for await (const members of groupsOf(collection, scopes, threshold, signal)) {
      isAny = true;
      const lowest = Math.min(...members.map((member) => member.cosine));
      if (isJson) groups.push({ cosine: lowest, items: members.map(({ item }) => itemJson(item)) });
      else if (flags.null === true) {
        const paths = await pathsOf(collection, members.slice(1), roots);
        process.stdout.write(paths.map((path) => `${path}\0`).join(''));
      } else printGroup(members);
    }
    if (isJson) print(JSON.stringify(groups));
    else if (!isAny) process.stderr.write('There are none.\n');
  });
}
