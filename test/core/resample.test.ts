import fc from 'fast-check';
import {
  clipPlan,
  FILTERS,
  planCrop,
  type PixelPlan,
  type Raster,
  type Resize,
} from '../../src/core/image/index.js';
import { kernelWith } from '../../src/core/image/kernel.js';
import { preparePicture } from '../../src/core/image/prepare.js';
import { nearestCrop, resampleCrop } from '../../src/core/image/resample.js';
import { resampleFast } from '../../src/core/image/resample-fast.js';
import { columnsOf } from '../../src/core/image/taps.js';
import { slowCrop, slowResize } from './pillow-resize.js';

/** Deterministic noise with runs of black and white, which make the sums overshoot. */
function picture(width: number, height: number, channels: 3 | 4, seed: number): Raster {
  const data = new Uint8Array(width * height * channels);
  let state = seed * 2654435761 + 1;
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const value = state >>> 24;
    data[i] = seed % 3 === 0 ? (value > 127 ? 255 : 0) : value;
  }
  return { data, width, height, channels };
}

const small = fc.integer({ min: 1, max: 90 });
const pictures = fc.record({
  width: small,
  height: small,
  channels: fc.constantFrom(3 as const, 4 as const),
  seed: fc.nat(1000),
});
const edge = fc.constantFrom(1, 7, 32, 64);
const size = fc.record({ height: edge, width: edge });
const resize: fc.Arbitrary<Resize> = fc.oneof(
  edge.map((shortest) => ({ shortest })),
  size,
  fc.constant('none' as const),
);
const pillows = fc.constantFrom(12 as const, 13 as const);

/** The window of a plan, the slow way: the whole picture resized, then cropped. */
function slowly(raster: Raster, plan: PixelPlan, pillow: 12 | 13): Uint8Array {
  const { resizedWidth, resizedHeight } = planCrop(raster.width, raster.height, plan, pillow);
  const resized = slowResize(raster, resizedWidth, resizedHeight, plan.filter, pillow);
  return slowCrop(resized, plan.crop.width, plan.crop.height);
}

describe('resampling', () => {
  it('has its kernel here', () => {
    expect(kernelWith(0)).toBeDefined();
  });

  it.each(FILTERS)('by %s is what the slow, obviously right way gives, plain and fast', (filter) => {
    fc.assert(
      fc.property(
        pictures,
        resize,
        size,
        pillows,
        ({ width, height, channels, seed }, rule, crop, pillow) => {
          const raster = picture(width, height, channels, seed);
          const plan: PixelPlan = { ...clipPlan(1), resize: rule, crop, filter };
          const cropPlan = planCrop(width, height, plan, pillow);
          const { window } = cropPlan;
          const plain = resampleCrop(raster, cropPlan);
          expect(plain).toMatchObject({ width: window.width, height: window.height });
          expect(Buffer.compare(resampleFast(raster, cropPlan).data, plain.data)).toBe(0);
          if (channels === 4) return;
          const prepared = preparePicture(
            { kind: 'colour', raster, alpha: 'none', isIndexed: false },
            cropPlan,
            { convention: 'hf' },
          );
          expect(Buffer.compare(prepared, slowly(raster, plan, pillow))).toBe(0);
        },
      ),
      { numRuns: 80 },
    );
  });

  it.each(FILTERS)('by %s is the same plain and fast for sizes of 1 to 2,000 in each direction', (filter) => {
    const large = fc.integer({ min: 1, max: 2000 });
    fc.assert(
      fc.property(pictures, large, large, pillows, (shape, width, height, pillow) => {
        fc.pre(width * height < 1e6);
        const raster = picture(width, height, shape.channels, shape.seed);
        for (const plan of [clipPlan(64), { ...clipPlan(224), resize: { height: 224, width: 224 } }]) {
          const cropPlan = planCrop(width, height, { ...plan, filter }, pillow);
          const [fast, plain] = [resampleFast(raster, cropPlan), resampleCrop(raster, cropPlan)];
          expect(Buffer.compare(fast.data, plain.data)).toBe(0);
        }
      }),
      { numRuns: 3 },
    );
  });

  it.each([
    [30_000, 1],
    [1, 30_000],
    [9000, 40],
    [40, 9000],
    [224, 5000],
    [225, 224],
  ])('is the same plain and fast for %d × %d', (width, height) => {
    const raster = picture(width, height, 3, 1);
    for (const filter of FILTERS) {
      for (const resized of [{ shortest: 224 }, { height: 200, width: 224 }]) {
        const plan = planCrop(width, height, { ...clipPlan(224), resize: resized, filter });
        expect(Buffer.compare(resampleFast(raster, plan).data, resampleCrop(raster, plan).data)).toBe(0);
      }
    }
  });

  it.each(FILTERS)('by %s needs only the columns that the plan names', (filter) => {
    const whole = picture(900, 300, 3, 5);
    const plan = planCrop(900, 300, { ...clipPlan(64), filter });
    const inputs = columnsOf(plan);
    const width = inputs.to - inputs.from;
    const data = new Uint8Array(width * 300 * 3);
    for (let y = 0; y < 300; y++) {
      const row = (y * 900 + inputs.from) * 3;
      data.set(whole.data.subarray(row, row + width * 3), y * width * 3);
    }
    const part: Raster = { data, width, height: 300, channels: 3, left: inputs.from };
    expect(width).toBeLessThan(400);
    for (const resample of [resampleCrop, resampleFast]) {
      expect(Buffer.compare(resample(part, plan).data, resampleCrop(whole, plan).data)).toBe(0);
    }
  });

  it('takes the nearest pixel where it is told to', () => {
    const raster = picture(10, 10, 3, 1);
    const { data } = nearestCrop(raster, planCrop(10, 10, clipPlan(20)));
    for (let y = 0; y < 20; y++) {
      for (let x = 0; x < 20; x++) {
        const from = ((y >> 1) * 10 + (x >> 1)) * 3;
        expect([...data.subarray((y * 20 + x) * 3, (y * 20 + x) * 3 + 3)]).toEqual([
          ...raster.data.subarray(from, from + 3),
        ]);
      }
    }
  });
});
