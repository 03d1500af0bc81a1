import fc from 'fast-check';
import { clipPlan, planCrop, preparePicture, type Picture } from '../../src/core/image/index.js';
import { scaleGrey16 } from '../../src/core/image/modes.js';

const WIDTH = 9;
const HEIGHT = 7;
const pixels = fc.uint8Array({ minLength: WIDTH * HEIGHT * 4, maxLength: WIDTH * HEIGHT * 4 });

function pictures(data: Uint8Array): Picture[] {
  const raster = { data, width: WIDTH, height: HEIGHT, channels: 4 as const };
  const colour = { kind: 'colour' as const, raster, isIndexed: false };
  return [
    { kind: 'cmyk', raster },
    { ...colour, alpha: 'channel' },
    { ...colour, alpha: 'key' },
    { ...colour, alpha: 'key', isIndexed: true },
  ];
}

describe('a picture that may be consumed', () => {
  it.each(['hf', 'hf4', 'openai'] as const)('becomes the same crop in %s', (convention) => {
    const plan = planCrop(WIDTH, HEIGHT, { ...clipPlan(5), convention }, 13);
    fc.assert(
      fc.property(pixels, (data) => {
        for (const [i, kept] of pictures(data).entries()) {
          const before = data.slice();
          const expected = preparePicture(kept, plan, { convention });
          expect(data).toEqual(before);
          const consumed = pictures(data.slice())[i];
          expect(preparePicture(consumed, plan, { convention, isConsumed: true })).toEqual(expected);
        }
      }),
    );
  });
});

describe('16-bit grey', () => {
  it('is scaled by its high byte; its key is white where it lies on white', () => {
    const raster = { data: Uint16Array.of(0, 255, 256, 65_535), width: 4, height: 1, channels: 1 as const };
    const greys = (isOnWhite: boolean): number[] => {
      const { data } = scaleGrey16({ kind: 'grey16', raster, key: 255 }, isOnWhite).raster;
      return Array.from(data).filter((_, i) => i % 3 === 0);
    };
    expect(greys(true)).toEqual([0, 255, 1, 255]);
    expect(greys(false)).toEqual([0, 0, 1, 255]);
  });
});
