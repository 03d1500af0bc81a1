import fs from 'node:fs';
import path from 'node:path';
import { saySkipped } from './say-skipped.js';

const STAMPS = 'packages/tuxpaint-stamps-default/usr/share/tuxpaint/stamps';
const found = ['work', 'work-quick']
  .map((folder) => path.resolve('training', folder, STAMPS, 'animals/mammals/dogs/dingo.png'))
  .find((file) => fs.existsSync(file));

if (found === undefined) {
  saySkipped(
    'No photograph of a dog was found: its tests are skipped. training/run --quick --only fetch brings one.',
  );
}

/** A photograph of a dog, a dingo, cut out. Its licence, the GPL, allows looking at it, not putting it here. */
export const DOG = found ?? '';

/** `it` where there is that photograph. */
export const itWithPhotograph = found === undefined ? it.skip : it;
