import { saySkipped } from '../say-skipped.js';
import { CHROMIUM } from './chromium.js';

if (CHROMIUM === undefined) {
  saySkipped('No Chromium was found: the browser tests are skipped. Install it, or set CHROMIUM_PATH.');
}

/** `describe` where there is a Chromium. */
export const describeInBrowser = CHROMIUM === undefined ? describe.skip : describe;
