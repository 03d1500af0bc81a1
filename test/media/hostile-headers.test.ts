import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { clipPlan } from '../../src/core/image/index.js';
import { ClipgraphError } from '../../src/errors/index.js';
import { readImageHeader } from '../../src/media/index.js';
import { orientationIn } from '../../src/media/metadata/orientation.js';
import { prepareImage } from '../../src/media/prepare.js';
import { sniffFormat, type ImageFormat } from '../../src/media/sniff.js';
import { readDirectory } from '../../src/media/metadata/directory.js';

const FOLDER = path.join(__dirname, '..', 'goldens', 'pillow');
const FILES = readdirSync(FOLDER).filter((name) => !name.endsWith('.json'));
const FORMATS: readonly ImageFormat[] = ['jpeg', 'png', 'webp', 'tiff', 'gif', 'avif'];

/** Some bytes changed, most of them near the start, where headers are; sometimes the end cut off. */
const mutation = fc.record({
  file: fc.constantFrom(...FILES),
  changes: fc.array(
    fc.record({
      at: fc.oneof(fc.nat(64), fc.nat(400), fc.nat(8000)),
      to: fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, 0xff), fc.nat(255)),
    }),
    { minLength: 1, maxLength: 8 },
  ),
  kept: fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true })),
});

function mutated({
  file,
  changes,
  kept,
}: {
  file: string;
  changes: { at: number; to: number }[];
  kept: number;
}): Buffer {
  const bytes = readFileSync(path.join(FOLDER, file));
  for (const { at, to } of changes) bytes[at % bytes.length] = to;
  return bytes.subarray(0, Math.ceil(bytes.length * kept));
}

function expectSound(header: ReturnType<typeof readImageHeader>): void {
  if (header === undefined) return;
  for (const value of Object.values(header)) expect(Number.isInteger(value) && value >= 0).toBe(true);
}

describe('headers', () => {
  it('of any bytes are read or not, but never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), fc.constantFrom(...FORMATS), (bytes, format) => {
        expectSound(readImageHeader(bytes, format));
        orientationIn({ exif: bytes, xmp: bytes });
      }),
      { numRuns: 2000 },
    );
  });

  it('of pictures with changed bytes are read or not, but never throw', () => {
    fc.assert(
      fc.property(mutation, (change) => {
        const bytes = mutated(change);
        for (const format of FORMATS) expectSound(readImageHeader(bytes, format));
      }),
      { numRuns: 2000 },
    );
  });

  it('hold no more fields than the file has bytes for', () => {
    const bytes = Buffer.alloc(64, 0xff);
    bytes.write('II*\0', 'latin1');
    bytes.writeUInt32LE(8, 4);
    expect(readDirectory(bytes)?.fields.size).toBe(0);
  });

  it('that lead nowhere, or back to themselves, end', () => {
    for (const offset of [0, 4, 8, 0xffff_ffff]) {
      const bytes = Buffer.alloc(40);
      bytes.write('MM\0*', 'latin1');
      bytes.writeUInt32BE(offset, 4);
      expect(readImageHeader(bytes, 'tiff')).toBeUndefined();
    }
  });
});

describe('pictures with changed bytes', () => {
  it('are prepared, or refused by a code, without a path or bytes in the message', async () => {
    await fc.assert(
      fc.asyncProperty(mutation, async (change) => {
        const bytes = mutated(change);
        try {
          const { crop } = await prepareImage({
            bytes,
            format: sniffFormat(bytes),
            plan: clipPlan(32),
            pillow: 13,
            strict: false,
            isOriented: true,
            maxPixels: 250_000,
          });
          expect(crop).toHaveLength(32 * 32 * 3);
        } catch (error) {
          if (!(error instanceof ClipgraphError)) throw error;
          expect(['UNDECODABLE_IMAGE', 'UNSUPPORTED_IMAGE_FORMAT', 'IMAGE_TOO_LARGE']).toContain(error.code);
          expect(error.message).toMatch(/^[\x20-\x7e×]{10,300}$/);
        }
      }),
      { numRuns: 400 },
    );
  }, 120_000);
});
