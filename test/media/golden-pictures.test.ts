import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { clipPlan, cropsToTensor } from '../../src/core/image/index.js';
import { prepareImage } from '../../src/media/prepare.js';
import { sniffFormat } from '../../src/media/sniff.js';
import { GOLDEN_PICTURES, goldenPath } from '../golden-data.js';

const cases = GOLDEN_PICTURES.flatMap(({ name, expected }) =>
  expected.map(
    (expectation) =>
      [
        name,
        expectation.convention,
        expectation.size,
        expectation.exif,
        expectation.pillow,
        expectation,
      ] as const,
  ),
);

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('preparation', () => {
  it.each(cases)(
    'of %s in %s at %d, EXIF %s, Pillow %s, is the reference to the bit',
    async (name, convention, size, exif, pillow, expectation) => {
      const bytes = readFileSync(goldenPath('preprocess', 'images', name));
      const prepared = await prepareImage({
        bytes,
        format: sniffFormat(bytes),
        plan: { ...clipPlan(size), convention },
        pillow: pillow === 'le-12.1' ? 12 : 13,
        strict: true,
        isOriented: exif === 'applied',
        maxPixels: 89_478_485,
      });
      expect({ resized: prepared.resized, crop: prepared.offset }).toEqual({
        resized: expectation.resized,
        crop: expectation.crop,
      });
      expect(sha256(prepared.crop)).toBe(expectation.sha256);
      if (expectation.tensor !== undefined) {
        const tensor = cropsToTensor(prepared.crop, 1, size);
        expect(sha256(new Uint8Array(tensor.buffer))).toBe(expectation.tensor.sha256);
      }
    },
  );

  it('was compared on all 462 expectations', () => {
    expect(cases).toHaveLength(462);
  });
});
