import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { clipPlan } from '../../src/core/image/index.js';
import { ClipgraphError } from '../../src/errors/index.js';
import { prepareImage } from '../../src/media/prepare.js';
import { sniffFormat } from '../../src/media/sniff.js';

interface Case {
  readonly kind: string;
  readonly file: string;
  readonly convention: 'hf' | 'hf4' | 'openai';
  readonly strict: boolean;
  readonly orientation: 'apply' | 'ignore';
  /**
   * SHA-256 over the RGB bytes of Pillow's crop; `refused` where Pillow refuses the file, `outside` where Clipgraph refuses
   * what Pillow reads (docs/exactness.md).
   */
  readonly expect: string;
}

const GOLDENS = path.join(__dirname, '..', 'goldens');

function casesOf(folder: string): Case[] {
  return JSON.parse(readFileSync(path.join(GOLDENS, folder, 'cases.json'), 'utf8')) as Case[];
}

async function outcomeOf(folder: string, { file, convention, strict, orientation }: Case): Promise<string> {
  const bytes = readFileSync(path.join(GOLDENS, folder, file));
  try {
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
  } catch (error) {
    if (!(error instanceof ClipgraphError)) throw error;
    if (error.code === 'UNSUPPORTED_IMAGE_FORMAT') expect(error.message).toMatch(/Save it as|Convert it/);
    return error.code;
  }
}

const REFUSALS: ReadonlyMap<string, readonly string[]> = new Map([
  ['refused', ['UNDECODABLE_IMAGE', 'UNSUPPORTED_IMAGE_FORMAT']],
  ['outside', ['UNSUPPORTED_IMAGE_FORMAT']],
]);

describe.each([
  ['real-world', 33],
  ['pillow', 2160],
])('pictures from %s', (folder, count) => {
  const cases = casesOf(folder);
  const files = [...new Set(cases.map(({ file }) => file))];

  it.each(files)('%s is what Pillow makes of it, in each convention', async (file) => {
    for (const one of cases.filter((other) => other.file === file)) {
      const { convention, strict, orientation } = one;
      const outcome = await outcomeOf(folder, one);
      expect({ convention, strict, orientation, outcome }).toEqual({
        convention,
        strict,
        orientation,
        outcome: REFUSALS.get(one.expect)?.find((code) => code === outcome) ?? one.expect,
      });
    }
  });

  it(`are ${count} cases`, () => {
    expect(cases).toHaveLength(count);
  });
});
