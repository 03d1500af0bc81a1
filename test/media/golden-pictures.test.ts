import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { cropsToTensor } from '../../src/clip/image/index.js';
import { prepareImage } from '../../src/media/prepare.js';
import { sniffFormat } from '../../src/media/sniff.js';
import { GOLDEN_PICTURES, goldenPath, type GoldenPicture } from '../golden-data.js';

const MAX_PIXELS = 89_478_485;

/** 8-bit opaque JPEG, PNG and WebP in RGB or grey. */
function isCovered({ format, pil_mode, has_transparency }: GoldenPicture): boolean {
  return (
    ['JPEG', 'MPO', 'PNG', 'WEBP'].includes(format) && ['RGB', 'L'].includes(pil_mode) && !has_transparency
  );
}

const cases = GOLDEN_PICTURES.filter(isCovered).flatMap(({ name, expected }) =>
  expected
    .filter(({ convention, pillow }) => convention === 'hf' && pillow === '13.0')
    .map((expectation) => [name, expectation.size, expectation.exif, expectation] as const),
);

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('hf preparation of 8-bit opaque pictures', () => {
  it.each(cases)('%s at %d, EXIF %s, is Pillow to the bit', async (name, size, exif, expectation) => {
    const bytes = readFileSync(goldenPath('preprocess', 'images', name));
    const format = sniffFormat(bytes);
    const { crop } = await prepareImage({
      bytes,
      format,
      size,
      isOriented: exif === 'applied',
      maxPixels: MAX_PIXELS,
    });
    expect(sha256(crop)).toBe(expectation.sha256);
    if (expectation.tensor !== undefined) {
      const tensor = cropsToTensor(crop, 1, size);
      expect(sha256(new Uint8Array(tensor.buffer))).toBe(expectation.tensor.sha256);
    }
  });

  it('covers every such picture', () => {
    expect(new Set(cases.map(([name]) => name)).size).toBe(83);
  });
});
