// Opens models as another account, or with no file descriptor left but so many: `read-as.ts UID DESCRIPTORS FOLDER…`, with - for
// either. Prints a line of JSON for each: its checksum, or the code and the message of what was thrown.
import { closeSync, openSync } from 'node:fs';
import { Hub, openModel } from '../../src/models/index.js';

const [uid, descriptors, ...folders] = process.argv.slice(2);

/** Descriptors that are taken, so that `left` are. */
function takeAllBut(left: number): number[] {
  const taken: number[] = [];
  try {
    for (;;) taken.push(openSync('/dev/null', 'r'));
  } catch {
    for (const descriptor of taken.splice(0, left)) closeSync(descriptor);
    return taken;
  }
}

async function open(folder: string): Promise<object> {
  try {
    const model = await openModel(folder, { hub });
    const checksum = await model.checksum();
    if (model.manifest.tokenizer !== undefined) await model.tokenizer();
    return { checksum };
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return { code, message };
  }
}

const hub = new Hub();
if (uid !== '-') process.setuid?.(Number(uid));
void (async () => {
  // What is loaded late is loaded now.
  if (descriptors !== '-') await open(folders[0]);
  for (const folder of folders) {
    const taken = descriptors === '-' ? [] : takeAllBut(Number(descriptors));
    const line = await open(folder);
    for (const descriptor of taken) closeSync(descriptor);
    console.log(JSON.stringify(line));
  }
})();
