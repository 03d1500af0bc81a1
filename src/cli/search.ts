import { pathToFileURL } from 'node:url';
import { Command, Option } from 'commander';
import type { Collection, Hit, ItemFilter, Query, SearchOptions } from '../engine/index.js';
import { ClipgraphError } from '../errors/index.js';
import { searchResultJson } from './collection-json.js';
import {
  addCollectionFlag,
  collectionCommand,
  collectionNameOf,
  findCollection,
} from './collection-command.js';
import { addReadingFlags, contentOf, type Reading } from './contents.js';
import { print, printPatiently } from './embedding-command.js';
import { addExamples } from './help.js';
import { pathOf, readRoots } from './indexing/roots.js';
import { nameOf } from './item-name.js';
import { cosineValue, jsonValue, positive } from './option-values.js';
import { contentFor, partsOf } from './query.js';
import { pictureProtocol, pictureSequence, smallPicture } from './terminal-picture.js';

type Flags = Readonly<Record<string, unknown>>;

const WEIGHTS_HELP =
  '\nSeveral are added with + and taken away with -, between spaces; 2*horse counts twice. In one argument, quotes hold\n' +
  'together what is meant literally, and text:… takes all of it for a text, as --text does.';

/**
 * @throws BAD_USER_INPUT for none, or several that exclude each other
 */
function queryOf(words: readonly string[], flags: Flags, reading: Reading): Query {
  const itemId = flags.item as string | undefined;
  const like = flags.like as string | undefined;
  if (itemId !== undefined) {
    if (words.length === 0 && like === undefined) return { itemId };
    throw new ClipgraphError('BAD_USER_INPUT', 'With --item nothing else is looked for.');
  }
  const parts = words.length > 0 ? partsOf(words, reading) : [];
  if (like !== undefined) {
    const { content } = contentOf(like, { ...reading, form: 'file' });
    parts.push({ content: content as (typeof parts)[number]['content'] });
  }
  if (parts.length > 0) return { content: contentFor(parts) };
  throw new ClipgraphError('BAD_USER_INPUT', 'Say what is looked for: a text, --like FILE, or --item ID.');
}

/** Where the files of hits are on this machine. */
async function pathsOf(collection: Collection, hits: readonly Hit[]): Promise<(string | undefined)[]> {
  const rows = await collection.rowsOf(hits.map(({ item }) => item.id));
  const roots = await readRoots();
  return rows.map((row) => pathOf(row?.origin, roots));
}

async function printPaths(paths: readonly (string | undefined)[], end: string): Promise<void> {
  const known = paths.filter((path) => path !== undefined);
  if (known.length > 0) process.stdout.write(known.map((path) => path + end).join(''));
  const unknown = paths.length - known.length;
  if (unknown > 0) {
    process.stderr.write(
      `${unknown} of the items found are of no file of a folder that was indexed on this machine.\n`,
    );
    process.exitCode = 1;
  }
  await Promise.resolve();
}

async function printHits(collection: Collection, hits: readonly Hit[]): Promise<void> {
  const protocol = pictureProtocol(process.stdout);
  const paths = protocol === undefined ? [] : await pathsOf(collection, hits);
  for (const [i, { item, cosine }] of hits.entries()) {
    await printPatiently(`${cosine.toFixed(4).padStart(7)}  ${nameOf(item)}`);
    if (protocol === undefined || item.modality !== 'IMAGE') continue;
    const source = item.hasThumbnail ? await collection.attachment(item.id, 'thumbnail') : paths[i];
    const picture = source && (await smallPicture(source));
    if (picture !== undefined && picture !== '') process.stdout.write(pictureSequence(picture, protocol));
  }
}

/** `clipgraph search`. */
export function searchCommand(): Command {
  const command = new Command('search')
    .description('What of a collection is most alike to a text or a picture.')
    .argument('[query...]', 'a text or a file, or several with + and - between them')
    .option('--like <file>', 'look for what is like this picture')
    .option('--item <id>', 'look for what is like this item')
    .option('-n, --top <count>', 'print the best so many (default: 10)', positive)
    .option('--min <cosine>', 'only what has at least this cosine', cosineValue)
    .option('--filter <json>', 'only items of which this holds, as the API has ItemFilter', jsonValue)
    .option('--paths', 'print the absolute paths of the files')
    .option('-0, --null', 'the same, each ended by NUL, as xargs -0 reads it')
    .addOption(new Option('--open', 'print links to the files').conflicts(['paths', 'null', 'json']));
  addCollectionFlag(command);
  addReadingFlags(command);
  command.addHelpText('after', WEIGHTS_HELP);
  addExamples(
    command,
    'clipgraph search "a red car"',
    'clipgraph search --like photo.jpg -n 3',
    `clipgraph search 'horse + stripes - "black and white"'`,
    'clipgraph search "a red car" --min 0.2 -0 | xargs -0 cp -t cars/',
    `clipgraph search "a red car" --json --filter '{"all": [{"key": "year", "gte": 2020}]}'`,
  );
  return collectionCommand(
    command,
    async ({ collections, reading, options, isJson, signal }, flags, given) => {
      const [words] = given as [string[]];
      const query = queryOf(words, flags, reading);
      const collection = await findCollection(collections, collectionNameOf(flags));
      const how: SearchOptions = {
        first: (flags.top as number | undefined) ?? 10,
        minCosine: flags.min as number | undefined,
        filter: flags.filter as ItemFilter | undefined,
      };
      const result = await collection.search(query, { ...options, ...how }, { signal });
      const { hits } = result;
      const wantsPaths = flags.paths === true || flags.null === true;
      if (isJson) {
        const json = await searchResultJson(result);
        const paths = wantsPaths ? await pathsOf(collection, hits) : [];
        print(JSON.stringify({ ...json, hits: json.hits.map((hit, i) => ({ ...hit, path: paths[i] })) }));
      } else if (wantsPaths) {
        await printPaths(await pathsOf(collection, hits), flags.null === true ? '\0' : '\n');
      } else if (flags.open === true) {
        const paths = await pathsOf(collection, hits);
        await printPaths(
          paths.map((path) => path && pathToFileURL(path).href),
          '\n',
        );
      } else {
        await printHits(collection, hits);
      }
    },
  );
}
