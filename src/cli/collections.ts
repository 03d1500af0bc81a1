import { createWriteStream } from 'node:fs';
import { rename } from 'node:fs/promises';
import { once } from 'node:events';
import { Command } from 'commander';
import type { Collection } from '../engine/index.js';
import type { Origin } from '../stores/index.js';
import { collectionCommand, findCollection, type CollectionSession } from './collection-command.js';
import { print, printPatiently } from './embedding-command.js';
import { importLines, importNpy, importParquet } from './exchange/import.js';
import { exportLines } from './exchange/jsonl.js';
import { exportNpy, idsFileOf } from './exchange/npy.js';
import { exportParquet } from './exchange/write-parquet.js';
import { addExamples } from './help.js';
import { pathOf, readRoots } from './indexing/roots.js';
import { nameOf } from './item-name.js';

type Flags = Readonly<Record<string, unknown>>;

const EXAMPLES = [
  'clipgraph collections',
  'clipgraph collections info default',
  'clipgraph collections export default --to backup.jsonl',
  'clipgraph collections import backup.jsonl',
  'clipgraph collections export default --to photos.parquet',
  'clipgraph collections export default --to photos.npy',
  'clipgraph collections rm family',
  'clipgraph collections reindex default --model ViT-L/14',
];

async function describe(collection: Collection) {
  const { name, description, space, model, createdAt, thumbnails, keepText, keepOriginals } = collection.spec;
  const { count, bytes, updatedAt } = await collection.state();
  const isModelThere = (await collection.model()) !== undefined;
  return {
    ...{ name, description, count, bytes, model, isModelThere, ...space, store: collection.store.name },
    ...{ thumbnails, keepText, keepOriginals },
    createdAt: new Date(createdAt),
    updatedAt: new Date(updatedAt),
  };
}

async function list({ collections, isJson }: CollectionSession): Promise<void> {
  const rows = await Promise.all((await collections.list()).map(describe));
  if (isJson) print(JSON.stringify(rows));
  else if (rows.length === 0) print('There are no collections yet: clipgraph index FOLDER makes one.');
  const width = Math.max(0, ...rows.map(({ name }) => name.length));
  for (const { name, count, bytes, model } of isJson ? [] : rows) {
    print(`${name.padEnd(width)}  ${count} items, ${(bytes / 1e6).toFixed(1)} MB, made with ${model}`);
  }
}

async function info({ collections, isJson }: CollectionSession, name: string): Promise<void> {
  const row = await describe(await findCollection(collections, name));
  if (isJson) {
    print(JSON.stringify(row));
    return;
  }
  print(`${name}: ${row.count} items, ${(row.bytes / 1e6).toFixed(1)} MB in the store ${row.store}`);
  if (row.description !== null) print(`  ${row.description}`);
  const lost = row.isModelThere ? '' : ', which is not configured any more';
  print(`  made with ${row.model}${lost}: ${row.dimensions} numbers, ${row.dtype}, checksum ${row.checksum}`);
  print(`  created ${row.createdAt.toISOString()}, changed ${row.updatedAt.toISOString()}`);
}

async function remove({ collections }: CollectionSession, name: string): Promise<void> {
  const { count } = await (await findCollection(collections, name)).state();
  await collections.delete(name);
  print(`${name}: ${count} items removed`);
}

/** Lines into a file that is there when it is whole. */
async function writeLines(lines: AsyncIterable<string>, file: string): Promise<void> {
  const unfinished = `${file}.part`;
  const out = createWriteStream(unfinished, { mode: 0o600, flush: true });
  const failed = once(out, 'close'); // Rejected with what goes wrong.
  for await (const line of lines) {
    if (!out.write(`${line}\n`)) await Promise.race([once(out, 'drain'), failed]);
  }
  out.end();
  await failed;
  await rename(unfinished, file);
}

/** What a file holds, by its name. */
function formatOf(file: string | undefined): 'npy' | 'parquet' | 'jsonl' {
  const ending = /\.(npy|parquet)$/i.exec(file ?? '')?.[1].toLowerCase();
  return ending === 'npy' || ending === 'parquet' ? ending : 'jsonl';
}

async function exportAll({ collections }: CollectionSession, name: string, flags: Flags): Promise<void> {
  const collection = await findCollection(collections, name);
  const file = flags.to as string | undefined;
  const isWhole = flags.attachments === true;
  if (file === undefined) {
    for await (const line of exportLines(collection, isWhole)) await printPatiently(line);
    return;
  }
  const format = formatOf(file);
  if (format === 'npy') {
    const count = await exportNpy(collection, file);
    process.stderr.write(`${count} vectors in ${file}, their ids in ${idsFileOf(file)}\n`);
  } else if (format === 'parquet') {
    const count = await exportParquet(collection, file, isWhole);
    process.stderr.write(`${count} items in ${file}\n`);
  } else {
    await writeLines(exportLines(collection, isWhole), file);
  }
}

const IMPORTS = { npy: importNpy, parquet: importParquet, jsonl: importLines };

async function importAll(
  { collections, signal, isJson }: CollectionSession,
  file: string,
  flags: Flags,
): Promise<void> {
  const name = flags.collection as string | undefined;
  const { collection, written } = await IMPORTS[formatOf(file)](collections, file, name, signal);
  const { count } = await collection.state();
  if (isJson) print(JSON.stringify({ collection: collection.name, written, count }));
  else print(`${collection.name}: ${written} items written; it has ${count}.`);
}

/** Names the items whose contents cannot be had again. */
async function tellMissing(collection: Collection, ids: readonly string[]): Promise<void> {
  for (const item of await collection.get(ids)) {
    if (item !== undefined) process.stderr.write(`${nameOf(item)}: its content cannot be had again.\n`);
  }
}

/** Files are found by the table of folders that were indexed on this machine. */
async function reindex(
  { collections, isJson, signal }: CollectionSession,
  name: string,
  flags: Flags,
): Promise<void> {
  const collection = await findCollection(collections, name);
  const roots = await readRoots();
  const how = { dropMissing: flags.dropMissing === true, fileOf: (origin: Origin) => pathOf(origin, roots) };
  let last = { completed: 0, total: 0, missing: 0 };
  for await (const progress of collections.reindex(name, how, { signal })) {
    await tellMissing(collection, progress.missingIds);
    last = progress;
  }
  const { model } = (await collections.get(name)).spec;
  const { completed, missing } = last;
  if (isJson) print(JSON.stringify({ collection: name, model, count: completed - missing, missing }));
  else print(`${name}: ${completed - missing} items made anew with ${model}; ${missing} left out.`);
}

/** `clipgraph collections`. */
export function collectionsCommand(): Command {
  const description = 'The collections that are kept.';
  const command = addExamples(new Command('collections').description(description), ...EXAMPLES);
  const subcommands = [
    collectionCommand(new Command('list').description('The same.'), (session) => list(session)),
    collectionCommand(
      new Command('info').description('What a collection is, and what it takes.').argument('<name>'),
      (session, _flags, [name]) => info(session, name as string),
    ),
    collectionCommand(
      new Command('rm').description('Remove a collection with all that is kept of it.').argument('<name>'),
      (session, _flags, [name]) => remove(session, name as string),
    ),
    collectionCommand(
      new Command('export')
        .description(
          'Write a collection as lines of JSON or as Parquet, or its vectors as a NumPy array; others may write meanwhile.',
        )
        .argument('<name>')
        .option('--to <file>', 'a .jsonl, .parquet or .npy file (default: JSON lines on standard output)')
        .option('--attachments', 'with the small pictures and the originals that are kept'),
      (session, flags, [name]) => exportAll(session, name as string, flags),
    ),
    collectionCommand(
      new Command('import')
        .description('Restore an export, or add vectors with their ids from a NumPy array or a Parquet file.')
        .argument('<file>', 'a .jsonl, .parquet or .npy file; - for lines of JSON on standard input')
        .option('--collection <name>', 'under this name (default: as the export says)'),
      (session, flags, [file]) => importAll(session, file as string, flags),
    ),
    collectionCommand(
      new Command('reindex')
        .description(
          'Make a collection anew with the configured model, of its texts and files; it is searched meanwhile.',
        )
        .argument('<name>')
        .option('--drop-missing', 'leave out items whose contents cannot be had again'),
      (session, flags, [name]) => reindex(session, name as string, flags),
    ),
  ];
  collectionCommand(command, (session) => list(session));
  for (const subcommand of subcommands) command.addCommand(subcommand);
  return command;
}
