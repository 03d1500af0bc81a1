import { Command } from 'commander';
import {
  addCollectionFlag,
  collectionCommand,
  collectionNameOf,
  findOrCreate,
} from './collection-command.js';
import { print, reportFailures } from './embedding-command.js';
import { addExamples } from './help.js';
import { complain } from './indexing/complain.js';
import { indexFolder, type FolderReport, type RefusedFile } from './indexing/index-folder.js';
import { scopesOf } from './indexing/scope.js';
import { indexingBar } from './indexing/progress.js';

/** What a person reads of a folder in the end. */
function summaryOf(report: FolderReport): string {
  const { folder, refused, others, unreadable } = report;
  const { added, changed, moved, removed, unchanged } = report;
  const parts = [
    ...Object.entries({ added, changed, moved, removed }).filter(([, count]) => count > 0),
    ['unchanged', unchanged],
  ].map(([what, count]) => `${count} ${what}`);
  if (refused.length > 0) parts.push(`${refused.length} refused`);
  if (others > 0) parts.push(`${others} passed over, not named like pictures`);
  if (unreadable.length > 0) parts.push(`${unreadable.length} folders that could not be read`);
  return `${folder}: ${parts.join(', ')}.`;
}

/** `clipgraph index`. */
export function indexCommand(): Command {
  const command = new Command('index')
    .description('Keeps the embeddings of the pictures in folders, to be searched.')
    .argument('<folders...>', 'folders; their pictures, and those of the folders in them')
    .option('--prune', 'remove the items of files that are gone, even if they are more than half');
  addCollectionFlag(command);
  command.addHelpText(
    'after',
    '\nA picture that has not changed is not read again, one that has moved is not embedded again. It may be ended at any\n' +
      'moment and goes on where it was. What is refused is said on standard error, and the exit code is 1.',
  );
  addExamples(
    command,
    'clipgraph index photos/',
    'clipgraph index photos/ scans/ --collection family',
    'clipgraph search "a red car"',
  );
  return collectionCommand(command, async ({ collections, isJson, signal }, flags, given) => {
    const [folders] = given as [string[]];
    const from = performance.now();
    const name = collectionNameOf(flags);
    const scopes = await scopesOf(folders, () => findOrCreate(collections, name));
    const collection = await collections.get(name);
    const reports: FolderReport[] = [];
    for (const scope of scopes) {
      const bar = indexingBar(scope);
      const onDone = (refused: RefusedFile | undefined): void => {
        bar?.advance(1);
        if (refused === undefined) return;
        bar?.stop();
        reportFailures([{ ...refused, name: refused.file }]);
      };
      try {
        reports.push(await indexFolder(collection, scope, { prune: flags.prune === true, signal, onDone }));
      } finally {
        bar?.stop();
      }
    }
    const { count } = await collection.state();
    for (const report of reports) complain(report);
    if (isJson) {
      const seconds = (performance.now() - from) / 1000;
      print(JSON.stringify({ collection: name, count, folders: reports, seconds }));
      return;
    }
    for (const report of reports) print(summaryOf(report));
    print(`The collection ${name} has ${count} items.`);
  });
}
