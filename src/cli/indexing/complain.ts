import { oneLine } from '../item-name.js';
import { fileIn } from '../walk.js';
import type { FolderReport } from './index-folder.js';

/** Says what keeps a folder's items from being what its files are, and makes the exit code 1. */
export function complain({ folder, kept, unreadable }: FolderReport): void {
  const tell = (name: string, message: string): void => {
    process.stderr.write(`${oneLine(name)}: ${message}\n`);
  };
  for (const name of unreadable) {
    tell(fileIn(folder, name), 'the folder may not be read; nothing was removed.');
  }
  if (kept > 0 && unreadable.length > 0) {
    tell(
      folder,
      `the files of ${kept} items are gone, or have moved into what may not be read; the items are kept.`,
    );
  } else if (kept > 0) {
    const message = `the files of ${kept} items are gone, more than half of them; the items are kept. If that is meant, run it again with --prune.`;
    tell(folder, message);
  }
  if (kept > 0 || unreadable.length > 0) process.exitCode = 1;
}
