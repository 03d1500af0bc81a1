import fs from 'node:fs';
import path from 'node:path';

const STAMPS = 'packages/tuxpaint-stamps-default/usr/share/tuxpaint/stamps';
const found = ['work', 'work-quick']
  .map((folder) => path.resolve('training', folder, STAMPS, 'animals/mammals/dogs/dingo.png'))
  .find((file) => fs.existsSync(file));

/** A photograph of a dog, a dingo, cut out. Its licence, GPL, allows looking at it, not putting it here. */
export const DOG = found ?? '';

/** A test that needs it: skipped where `training/run --only fetch` has not been called, but for CI, where it has to be. */
export const itWithPhotograph = found || process.env.CI ? it : it.skip;
