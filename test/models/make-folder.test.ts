import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { makeFolder as makeFolderOfStore } from '../../plugins/stores/embedded/files.js';
import { makeFolder } from '../../src/models/files/make-folder.js';
import { Hub } from '../../src/models/hub/pull.js';

const root = mkdtempSync(path.join(tmpdir(), 'make-folder-'));
afterAll(() => {
  rmSync(root, { recursive: true });
});
/** A file system in which nothing can be made, and that says of each new folder that there is none above it. */
const onLinux = existsSync('/proc/self') ? it : it.skip;

describe.each([
  ['of models', (folder: string) => makeFolder(folder, 0o700)],
  ['of the embedded store', async (folder: string) => Promise.resolve(folder).then(makeFolderOfStore)],
])('a folder %s', (name, make) => {
  const place = path.join(root, name);

  it('is made with those above it, by several at once, and again', async () => {
    const folder = path.join(place, 'a', 'b', 'c');
    await Promise.all(Array.from({ length: 8 }, () => make(folder)));
    await make(folder);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  it('is refused where a file is, or is above it', async () => {
    await make(place);
    const file = path.join(place, 'file');
    writeFileSync(file, '');
    await expect(make(file)).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(make(path.join(file, 'a', 'b'))).rejects.toMatchObject({ code: 'ENOTDIR' });
    await expect(make('/dev/null/a/b')).rejects.toMatchObject({ code: 'ENOTDIR' });
  });

  onLinux('is refused, and not tried for ever, where no folder can be made', async () => {
    for (const folder of ['/proc/.cache', '/proc/.cache/huggingface/hub', '/proc/self/a/b'])
      await expect(make(folder)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('a model that is pulled', () => {
  const pull = (cacheFolder: string) => {
    const hub = new Hub({ settings: { ...new Hub().settings, cacheFolder, endpoint: 'http://127.0.0.1:9' } });
    return hub.pull({ id: 'some/model', revision: 'main' } as Parameters<Hub['pull']>[0]);
  };

  onLinux('is refused before anything is asked, with the setting that moves its cache', async () => {
    for (const [folder, why] of [
      ['/proc/.cache/hub', 'no folder can be made there'],
      ['/dev/null/hub', 'a part of its path is a file'],
    ]) {
      await expect(pull(folder)).rejects.toMatchObject({
        code: 'MODEL_UNAVAILABLE',
        message: expect.stringMatching(new RegExp(`cannot be used: ${why}. Set HF_HOME`)),
      });
    }
  });
});
