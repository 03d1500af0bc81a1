import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';

const WORDS =
  'a photo of the red small dog house tree on green hill with old man walking near blue river under bright evening sky two children playing music in city street market'.split(
    ' ',
  );

/** Texts of 4 to 20 words, each another one. */
export function makeTexts(count: number): string[] {
  return Array.from({ length: count }, (_, i) => {
    const words = Array.from(
      { length: 3 + ((i * 7) % 17) },
      (__, j) => WORDS[(i * 13 + j * 11) % WORDS.length],
    );
    return [...words, String(i)].join(' ');
  });
}

/** The same as token ids: a start, 4 to 20 words of one token, an end. */
export function makeTokenIds(count: number): number[][] {
  return Array.from({ length: count }, (_, i) => [
    49_406,
    ...Array.from({ length: 4 + ((i * 7) % 17) }, (__, j) => 320 + ((i * 131 + j * 7919) % 40_000)),
    49_407,
  ]);
}

/** Crops of noise, each another one. */
export function makeCrops(count: number, size: number): Uint8Array[] {
  return Array.from({ length: count }, (_, row) =>
    Uint8Array.from(
      { length: size * size * 3 },
      (__, i) => (Math.imul(i + row * 7919, 2_654_435_761) >>> 24) & 255,
    ),
  );
}

/** A JPEG with a comment: other bytes, the same picture. */
function withComment(jpeg: Buffer, comment: string): Buffer {
  const text = Buffer.from(comment);
  const segment = Buffer.concat([Buffer.from([0xff, 0xfe, 0, text.length + 2]), text]);
  return Buffer.concat([jpeg.subarray(0, 2), segment, jpeg.subarray(2)]);
}

/**
 * Photographs of 640 × 480 pixels, as cameras write them, in a folder: of the examples, turned and brightened.
 *
 * @returns their paths
 */
export async function makePhotographs(folder: string, count: number): Promise<string[]> {
  mkdirSync(folder, { recursive: true });
  const files = ['cat.jpg', 'coffee.jpg', 'rocket.jpg'].map((name) => path.resolve('examples', name));
  const variants = await Promise.all(
    Array.from({ length: Math.min(24, count) }, (_, i) =>
      sharp(files[i % files.length])
        .modulate({ brightness: 0.8 + (i % 5) * 0.1, hue: (i * 37) % 360 })
        .resize(640, 480, { fit: 'cover' })
        .jpeg({ quality: 90 })
        .toBuffer(),
    ),
  );
  return Array.from({ length: count }, (_, i) => {
    const file = path.join(folder, `${i}.jpg`);
    writeFileSync(file, withComment(variants[i % variants.length], `picture ${i}`));
    return file;
  });
}
