import fc from 'fast-check';
import { planCrop, type PillowVersion, type Raster } from '../../src/core/image/index.js';
import { bicubicTaps, toFixedPoint } from '../../src/core/image/bicubic.js';
import { kernelWith } from '../../src/core/image/kernel.js';
import { nearestCrop, resampleCrop } from '../../src/core/image/resample.js';
import { resampleFast } from '../../src/core/image/resample-fast.js';

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

/**
 * The obviously right way: each output sample on its own, the whole picture, both passes from the definition.
 */
function slowly(raster: Raster, size: number, pillow: PillowVersion): Uint8Array {
  const plan = planCrop(raster.width, raster.height, size, { pillow });
  const pass = (source: Raster, isAcross: boolean, outputSize: number): Raster => {
    const inputSize = isAcross ? source.width : source.height;
    if (inputSize === outputSize) return source;
    const taps = toFixedPoint(bicubicTaps(inputSize, outputSize, { from: 0, to: outputSize }));
    const width = isAcross ? outputSize : source.width;
    const height = isAcross ? source.height : outputSize;
    const data = new Uint8Array(width * height * source.channels);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const output = isAcross ? x : y;
        for (let c = 0; c < source.channels; c++) {
          let sum = 2 ** 21;
          for (let i = 0; i < taps.count[output]; i++) {
            const input = taps.first[output] + i;
            const at = isAcross ? y * source.width + input : input * source.width + x;
            sum += source.data[at * source.channels + c] * taps.weights[output * taps.stride + i];
          }
          data[(y * width + x) * source.channels + c] = Math.min(255, Math.max(0, Math.floor(sum / 2 ** 22)));
        }
      }
    }
    return { data, width, height, channels: source.channels };
  };
  const { resizedWidth, resizedHeight, left, top } = plan;
  const isRowsFirst =
    pillow === 13 &&
    raster.height > resizedHeight &&
    raster.height - resizedHeight > 2 * (raster.width - resizedWidth);
  const resized = isRowsFirst
    ? pass(pass(raster, false, resizedHeight), true, resizedWidth)
    : pass(pass(raster, true, resizedWidth), false, resizedHeight);
  const out: number[] = [];
  for (let y = top; y < top + size; y++) {
    const row = (y * resized.width + left) * raster.channels;
    out.push(...resized.data.subarray(row, row + size * raster.channels));
  }
  return Uint8Array.from(out);
}

const small = fc.integer({ min: 1, max: 120 });
const edges = fc.record({
  width: small,
  height: small,
  size: fc.constantFrom(1, 7, 32, 64),
  channels: fc.constantFrom(3 as const, 4 as const),
  pillow: fc.constantFrom(12 as const, 13 as const),
  seed: fc.nat(1000),
});

describe('resampling', () => {
  it('has its kernel here', () => {
    expect(kernelWith(0)).toBeDefined();
  });

  it('is what the slow, obviously right way gives, plain and fast', () => {
    fc.assert(
      fc.property(edges, ({ width, height, size, channels, pillow, seed }) => {
        const raster = picture(width, height, channels, seed);
        const plan = planCrop(width, height, size, { pillow });
        const expected = slowly(raster, size, pillow);
        expect(Buffer.compare(resampleCrop(raster, plan).data, expected)).toBe(0);
        expect(Buffer.compare(resampleFast(raster, plan).data, expected)).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  it('is the same plain and fast for sizes of 1 to 3,000 in each direction', () => {
    const large = fc.integer({ min: 1, max: 3000 });
    fc.assert(
      fc.property(edges, large, large, (shape, width, height) => {
        fc.pre(width * height < 3e6);
        const { channels, pillow, seed } = shape;
        const raster = picture(width, height, channels, seed);
        for (const size of [64, 224]) {
          const plan = planCrop(width, height, size, { pillow });
          expect(Buffer.compare(resampleFast(raster, plan).data, resampleCrop(raster, plan).data)).toBe(0);
        }
      }),
      { numRuns: 12 },
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
    for (const pillow of [12, 13] as const) {
      const plan = planCrop(width, height, 224, { pillow });
      expect(Buffer.compare(resampleFast(raster, plan).data, resampleCrop(raster, plan).data)).toBe(0);
    }
  });

  it('needs only the columns that the plan names', () => {
    const whole = picture(900, 300, 3, 5);
    const plan = planCrop(900, 300, 64);
    const { inputs } = bicubicTaps(900, plan.resizedWidth, { from: plan.left, to: plan.left + 64 });
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
    const { data } = nearestCrop(raster, planCrop(10, 10, 20));
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
