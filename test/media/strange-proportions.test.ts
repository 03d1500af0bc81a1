import { crc32, deflateSync } from 'node:zlib';
import { clipPlan } from '../../src/core/image/index.js';
import { configSchema } from '../../src/config/index.js';
import { prepareImage, type PreparedImage } from '../../src/media/prepare.js';
import { sniffFormat } from '../../src/media/sniff.js';
import { processorTime } from '../processor-time.js';

const { limits } = configSchema.parse({});
const SIDE = 9459; // Its square is just within limits.maxImagePixels.

function chunk(type: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

interface PngShape {
  readonly depth?: number;
  readonly colourType?: number;
  readonly isInterlaced?: boolean;
  readonly before?: readonly Buffer[];
}

/** A black PNG; without its rows where only the header is of interest. */
function png(width: number, height: number, shape: PngShape & { rows?: boolean } = {}): Buffer {
  const { depth = 8, colourType = 2, isInterlaced = false, before = [], rows = true } = shape;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width);
  header.writeUInt32BE(height, 4);
  header.set([depth, colourType, 0, 0, isInterlaced ? 1 : 0], 8);
  const channels = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }[colourType]!;
  const rowBytes = 1 + Math.ceil((width * channels * depth) / 8);
  const data = deflateSync(Buffer.alloc(rows ? rowBytes * height : 100));
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    ...before,
    chunk('IDAT', data),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A GIF of one pixel in a screen of this size; `extension` stands before its frame. */
function gif(width: number, height: number, extension = Buffer.alloc(0)): Buffer {
  const screen = Buffer.alloc(13);
  screen.write('GIF89a');
  screen.writeUInt16LE(width, 6);
  screen.writeUInt16LE(height, 8);
  const frame = Buffer.from([0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3b]);
  return Buffer.concat([screen, extension, frame]);
}

/** The header of a JPEG whose three components come in scans of their own. */
function jpegOfScans(width: number, height: number): Buffer {
  const frame = Buffer.from('ffc0001108000000000301110002110003110000', 'hex').subarray(0, 19);
  frame.writeUInt16BE(height, 5);
  frame.writeUInt16BE(width, 7);
  return Buffer.concat([
    Buffer.from('ffd8', 'hex'),
    frame,
    Buffer.from('ffda000801010000003f0000ffd9', 'hex'),
  ]);
}

/** A lossless WebP's header. */
function webp(width: number, height: number): Buffer {
  const bits = Buffer.alloc(17);
  bits[0] = 0x2f;
  bits.writeUInt32LE((((height - 1) << 14) | (width - 1)) >>> 0, 1);
  const body = Buffer.concat([Buffer.from('WEBPVP8L'), Buffer.from([17, 0, 0, 0]), bits, Buffer.alloc(1)]);
  const size = Buffer.alloc(4);
  size.writeUInt32LE(body.length);
  return Buffer.concat([Buffer.from('RIFF'), size, body]);
}

function prepare(bytes: Buffer, convention: 'hf' | 'openai' = 'hf'): Promise<PreparedImage> {
  return prepareImage({
    bytes,
    format: sniffFormat(bytes),
    plan: { ...clipPlan(224), convention },
    pillow: 13,
    strict: false,
    isOriented: true,
    maxPixels: limits.maxImagePixels,
    maxSide: limits.maxImageSide,
    maxDecodeBytes: limits.maxDecodeBytes,
  });
}

/** A TIFF of 8 × 8 grey pixels, one of whose fields has millions of values. */
function tiffOfValues(tag: number, count: number): Buffer {
  const numbers = new Map([
    ...([
      [256, 8],
      [257, 8],
      [258, 8],
      [259, 1],
      [262, 1],
      [273, 0],
      [277, 1],
      [278, 8],
      [279, 64],
    ] as const),
    [tag, 0],
  ]);
  const tags = [...numbers.keys()].sort((a, b) => a - b);
  const start = 10 + tags.length * 12 + 4;
  const head = Buffer.alloc(start);
  head.write('II*\0\x08\0\0\0', 'latin1');
  head.writeUInt16LE(tags.length, 8);
  tags.forEach((each, i) => {
    const at = 10 + i * 12;
    head.writeUInt16LE(each, at);
    head.writeUInt16LE(each === tag ? 1 : 4, at + 2);
    head.writeUInt32LE(each === tag ? count : 1, at + 4);
    head.writeUInt32LE(each === tag ? start : (numbers.get(each) ?? 0), at + 8);
  });
  return Buffer.concat([head, Buffer.alloc(count, 1)]);
}

describe('a picture of strange proportions', () => {
  it.each([
    ['a PNG of one row', () => png(89_478_485, 1, { rows: false }), /limits\.maxImageSide/],
    ['a PNG of one column', () => png(1, 89_478_485, { rows: false }), /limits\.maxImageSide/],
    ['a PNG of 10,000,000 rows', () => png(1, 10_000_000, { rows: false }), /limits\.maxImageSide/],
    [
      'a PNG whose sides have 31 bits',
      () => png(2 ** 31 - 1, 2 ** 31 - 1, { rows: false }),
      /maxImagePixels/,
    ],
    ['a lossless WebP of 38 bytes', () => webp(SIDE, SIDE), /limits\.maxDecodeBytes/],
    [
      'a PNG that states its size twice',
      () => png(2, 2, { before: [png(SIDE * 2, SIDE, { rows: false }).subarray(8, 33)] }),
      /limits\.maxImagePixels/,
    ],
    ['a JPEG of several scans', () => jpegOfScans(SIDE, SIDE), /limits\.maxDecodeBytes/],
    ['a GIF of 29 bytes', () => gif(SIDE, SIDE), /limits\.maxDecodeBytes/],
    ['a GIF whose screen is one row', () => gif(65_535, 1400), /limits\.maxImagePixels|maxDecodeBytes/],
    [
      'an interlaced PNG of 16 bits',
      () => png(SIDE, SIDE, { depth: 16, colourType: 6, isInterlaced: true, rows: false }),
      /limits\.maxDecodeBytes/,
    ],
  ])('is refused by its header: %s', async (_, make, message) => {
    const bytes = make();
    const refused = (): Promise<unknown> =>
      expect(prepare(bytes)).rejects.toMatchObject({
        code: 'IMAGE_TOO_LARGE',
        message: expect.stringMatching(message),
      });
    expect(await processorTime(refused, 1)).toBeLessThan(1);
  });

  it.each([
    ['one column', () => png(1, limits.maxImageSide)],
    ['one row', () => png(limits.maxImageSide, 1)],
    ['one interlaced row', () => png(limits.maxImageSide, 1, { isInterlaced: true, rows: false })],
    ['one column of indices', () => gif(1, limits.maxImageSide)],
    ['one row of indices', () => gif(limits.maxImageSide, 1)],
    ['16 million pixels of 29 bytes', () => gif(4000, 4000)],
  ])(
    'costs little where its sides are as long as they may be, or many times its bytes: %s',
    async (name, make) => {
      const bytes = make();
      for (const convention of ['hf', 'openai'] as const) {
        let crop: Uint8Array | undefined;
        const work = async (): Promise<void> => {
          ({ crop } = await prepare(bytes, convention).catch(() => ({ crop: undefined })));
        };
        expect(await processorTime(work, 8)).toBeLessThan(8);
        if (!name.includes('interlaced')) expect(crop).toHaveLength(224 * 224 * 3);
      }
    },
  );

  it('may be a panorama, or a photograph of a hundred megapixels less a few', () => {
    for (const [width, height] of [
      [30_000, 2900],
      [16_000, 5500],
      [9459, 9459],
    ]) {
      expect(width * height).toBeLessThanOrEqual(limits.maxImagePixels);
      expect(width * height * 4).toBeLessThanOrEqual(limits.maxDecodeBytes);
    }
  });

  it('is not unpacked where no pixel needs it: texts of gigabytes', async () => {
    const text = Buffer.concat([Buffer.from('a\0\0'), deflateSync(Buffer.alloc(40 * 2 ** 20))]);
    const bytes = png(8, 8, { before: Array<Buffer>(60).fill(chunk('zTXt', text)) });
    expect(await processorTime(() => prepare(bytes), 5)).toBeLessThan(5);
  });

  it.each([256, 258, 273, 279, 338])(
    'is read no further where field %i of a TIFF has millions of values',
    async (tag) => {
      const bytes = tiffOfValues(tag, 15_000_000);
      const work = (): Promise<unknown> => prepare(bytes).catch(() => undefined);
      expect(await processorTime(work, 5)).toBeLessThan(5);
    },
  );

  it('is refused where a PNG has hundreds of thousands of chunks', async () => {
    const bytes = png(8, 8, {
      before: [Buffer.concat(Array<Buffer>(300_000).fill(chunk('teXt', Buffer.alloc(0))))],
    });
    const refused = (): Promise<unknown> =>
      expect(prepare(bytes)).rejects.toMatchObject({ code: 'UNDECODABLE_IMAGE' });
    expect(await processorTime(refused, 5)).toBeLessThan(5);
  });

  it('holds a GIF’s comments of millions of blocks in no memory of their own', async () => {
    const blocks = Buffer.alloc(4_000_000);
    for (let i = 0; i < blocks.length; i += 2) blocks[i] = 1;
    const comment = Buffer.concat([Buffer.from([0x21, 0xfe]), blocks, Buffer.from([0])]);
    const bytes = gif(9, 9, comment);
    const before = process.memoryUsage().heapUsed;
    await prepare(bytes);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(40 * 2 ** 20);
  });
});
