import path from 'node:path';
import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { clipPlan } from '../../src/core/image/index.js';
import { ClipgraphError } from '../../src/errors/index.js';
import { prepareImage } from '../../src/media/prepare.js';
import { sniffFormat } from '../../src/media/sniff.js';
import { goldenPath, readGoldenJson } from '../golden-data.js';

interface BadFile {
  readonly name: string;
  readonly expect: string;
  readonly accept: readonly string[];
  readonly note: string;
}

const { cases, pixel_limit_assumed: maxPixels } = readGoldenJson<{
  cases: BadFile[];
  pixel_limit_assumed: number;
}>('bad', 'manifest.json');

const options = {
  plan: clipPlan(224),
  pillow: 13,
  strict: false,
  isOriented: true,
  maxPixels,
} as const;

async function outcomeOf(name: string): Promise<string> {
  const bytes = readFileSync(goldenPath('bad', 'files', name));
  try {
    await prepareImage({ bytes, format: sniffFormat(bytes), ...options });
    return 'OK';
  } catch (error) {
    if (!(error instanceof ClipgraphError)) throw error;
    expect(error.message.length).toBeLessThan(200);
    return error.code;
  }
}

describe('a bad file', () => {
  it.each(cases.map((file) => [file.name, file.note, file] as const))(
    '%s (%s) has the code that is expected',
    async (name, _, file) => {
      expect([file.expect, ...file.accept]).toContain(await outcomeOf(name));
    },
  );
});

describe('AVIF and HEIC', () => {
  it('decodes AVIF', async () => {
    const red = sharp({ create: { width: 80, height: 60, channels: 3, background: '#c00' } });
    const bytes = await red.avif({ lossless: true }).toBuffer();
    const { crop, width, height } = await prepareImage({ bytes, format: sniffFormat(bytes), ...options });
    expect([width, height]).toEqual([80, 60]);
    expect(crop[0]).toBeGreaterThan(190);
    expect(crop[1]).toBeLessThan(12);
  });

  it('decodes the first picture of an AVIF sequence', async () => {
    const bytes = readFileSync(path.join(__dirname, '..', 'goldens', 'avif', 'red-then-blue.avif'));
    const { crop } = await prepareImage({ bytes, format: sniffFormat(bytes), ...options });
    const [red, green, blue] = [200, 30, 40]; // Pillow's pixel.
    expect(Math.abs(crop[0] - red)).toBeLessThan(4);
    expect(Math.abs(crop[1] - green)).toBeLessThan(4);
    expect(Math.abs(crop[2] - blue)).toBeLessThan(4);
  });

  it('refuses HEIC by its brand', () => {
    const heic = Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1');
    expect(() => sniffFormat(heic)).toThrow(expect.objectContaining({ code: 'UNSUPPORTED_IMAGE_FORMAT' }));
  });
});
