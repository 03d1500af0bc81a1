import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  clipPlan,
  cropsToTensor,
  naflexSize,
  planCrop,
  preparePicture,
  type PixelPlan,
} from '../../src/core/image/index.js';
import { decodeImage } from '../../src/media/decode.js';
import { sniffFormat } from '../../src/media/sniff.js';
import { goldenPath, readGoldenJson } from '../golden-data.js';

interface Expectation {
  readonly convention: string;
  readonly size: number | [width: number, height: number];
  readonly sha256: string;
  readonly tensor_sha256: string;
  readonly max_num_patches?: number;
  readonly patch?: number;
}

const PICTURES = readGoldenJson<{ name: string; expected: Expectation[] }[]>(
  'preprocess',
  'other-encoders.json',
);
const cases = PICTURES.flatMap(({ name, expected }) =>
  expected.map((one) => [name, one.convention, String(one.size), one] as const),
);

const half = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] } as const;
const imageNet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;
const bare = { mean: [0, 0, 0], std: [1, 1, 1] } as const;
const squash = (size: number) => ({ ...clipPlan(size), resize: { height: size, width: size }, ...half });

/** What each convention of the reference data means. */
const PLANS: Record<string, (size: number) => PixelPlan> = {
  'hf-squash-bicubic': squash,
  'hf-squash-bilinear': (size) => ({ ...squash(size), filter: 'bilinear' }),
  'hf-squash-lanczos': (size) => ({ ...squash(size), filter: 'lanczos' }),
  'openclip-squash-bicubic': (size) => ({ ...squash(size), convention: 'openai' }),
  'openclip-squash-bilinear': (size) => ({
    ...squash(size),
    convention: 'openai',
    filter: 'bilinear',
    ...imageNet,
  }),
  'openclip-shortest-bilinear': (size) => ({
    ...clipPlan(size),
    convention: 'openai',
    filter: 'bilinear',
    ...bare,
  }),
};

const sha256 = (values: Uint8Array | Float32Array): string =>
  createHash('sha256')
    .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    .digest('hex');

/** NaFlex's input: a row a patch, its pixels by row, column and channel; rows of zeros up to the most patches. */
function patches(
  tensor: Float32Array,
  { height, width }: PixelPlan['crop'],
  patch: number,
  most: number,
): Float32Array {
  const out = new Float32Array(most * patch * patch * 3);
  let at = 0;
  for (let top = 0; top < height; top += patch) {
    for (let left = 0; left < width; left += patch) {
      for (let i = 0; i < patch * patch; i++) {
        const pixel = (top + Math.floor(i / patch)) * width + left + (i % patch);
        for (let c = 0; c < 3; c++) out[at++] = tensor[c * height * width + pixel];
      }
    }
  }
  return out;
}

describe('the pixels of other encoders', () => {
  it.each(cases)(
    '%s in %s at %s are the reference to the bit',
    async (name, convention, _, { size, sha256: sum, tensor_sha256, max_num_patches = 0, patch = 0 }) => {
      const bytes = readFileSync(goldenPath('preprocess', 'images', name));
      const format = sniffFormat(bytes);
      const { picture, width, height } = await decodeImage(bytes, {
        format,
        isOriented: false,
        maxPixels: 1e8,
      });
      const isNaflex = convention === 'naflex-bilinear';
      const naflex = isNaflex ? naflexSize(width, height, patch, max_num_patches) : undefined;
      if (naflex !== undefined) expect([naflex.width, naflex.height]).toEqual(size);
      const plan: PixelPlan =
        naflex === undefined
          ? PLANS[convention](size as number)
          : { ...squash(1), resize: naflex, crop: naflex, filter: 'bilinear' };
      const crop = preparePicture(picture, planCrop(width, height, plan), {
        convention: plan.convention,
        strict: true,
      });
      expect(sha256(crop)).toBe(sum);
      const tensor = cropsToTensor(crop, 1, plan.crop, plan);
      expect(sha256(isNaflex ? patches(tensor, plan.crop, patch, max_num_patches) : tensor)).toBe(
        tensor_sha256,
      );
    },
  );

  it('were compared on all 298 expectations', () => {
    expect(cases).toHaveLength(298);
  });
});
