import { CHROMIUM } from './chromium.js';

if (CHROMIUM === undefined) {
  const message = 'No Chromium was found: the browser tests are skipped. Install it, or set CHROMIUM_PATH.';
  if (process.env.CI !== undefined) throw new Error(message);
  process.stderr.write(`${message}\n`);
}

/** `describe` where there is a Chromium. */
export const describeInBrowser = CHROMIUM === undefined ? describe.skip : describe;
