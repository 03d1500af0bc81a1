import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { clipPlan } from '../../src/core/image/index.js';
import { prepareImage } from '../../src/media/prepare.js';
import { sniffFormat } from '../../src/media/sniff.js';

interface Case {
  readonly kind: string;
  readonly file: string;
  readonly convention: 'hf' | 'hf4' | 'openai';
  readonly strict: boolean;
  readonly orientation: 'apply' | 'ignore';
  /** SHA-256 over the RGB bytes of Pillow's crop. */
  readonly expect: string;
}

const GOLDENS = path.join(__dirname, '..', 'goldens');

function casesOf(folder: string): Case[] {
  return JSON.parse(readFileSync(path.join(GOLDENS, folder, 'cases.json'), 'utf8')) as Case[];
}

async function outcomeOf(folder: string, { file, convention, strict, orientation }: Case): Promise<string> {
  const bytes = readFileSync(path.join(GOLDENS, folder, file));
  const { crop } = await prepareImage({
    bytes,
    format: sniffFormat(bytes),
    plan: { ...clipPlan(224), convention },
    pillow: 13,
    strict,
    isOriented: orientation === 'apply',
    maxPixels: 89_478_485,
  });
  return createHash('sha256').update(crop).digest('hex');
}

describe.each([['real-world', 33]])('pictures from %s', (folder, count) => {
  const cases = casesOf(folder);

  it.each(
    cases.map((one) => [one.kind, one.file, one.convention, one.strict ? 'strict' : 'default', one] as const),
  )('%s: %s in %s, %s, is what Pillow makes of it', async (_kind, _file, _convention, _strict, one) => {
    expect(await outcomeOf(folder, one)).toBe(one.expect);
  });

  it(`are ${count}`, () => {
    expect(cases).toHaveLength(count);
  });
});
