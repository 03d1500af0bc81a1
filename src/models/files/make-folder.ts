import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { errnoOf } from './failures.js';

async function isFolder(folder: string): Promise<boolean> {
  return stat(folder).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}

/**
 * Makes a folder and those above it, where they are not there. `recursive` of Node.js tries for ever where the system says of
 * every new folder that there is none above it, as in /proc.
 *
 * @param mode of the folders that are made
 * @throws what the system says of the one that cannot be made
 */
export async function makeFolder(folder: string, mode = 0o777): Promise<void> {
  const make = async (isAgain: boolean): Promise<void> => {
    try {
      await mkdir(folder, { mode });
    } catch (cause) {
      if (await isFolder(folder)) return;
      const above = path.dirname(folder);
      if (isAgain || errnoOf(cause) !== 'ENOENT' || above === folder) throw cause;
      await makeFolder(above, mode);
      await make(true);
    }
  };
  await make(false);
}
