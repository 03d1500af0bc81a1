import { mkdirSync, mkdtempSync, readdirSync, copyFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';

const EXAMPLES = path.join(__dirname, '..', '..', 'examples');

/** As many generated pictures as the issue names where all is tested, fewer else. */
export const GENERATED = process.env.CLIPGRAPH_FULL === undefined ? 60 : 200;

const SIDE = 96;
type Colour = readonly [red: number, green: number, blue: number];

/** A ground, a disc or a box on it, and the number in black and white squares along the lower edge: RGB, row by row. */
function paint(number: number): Buffer {
  const ground: Colour = [(number * 47) % 256, (number * 101) % 256, (number * 13) % 256];
  const shape: Colour = [255 - ground[0], (ground[1] + 128) % 256, (number * 71) % 256];
  const [left, size] = [(number * 29) % 60, 12 + (number % 30)];
  const colourAt = (x: number, y: number): Colour => {
    const bit = Math.floor(x / 6);
    if (y >= SIDE - 6) return (number >> bit) % 2 === 1 ? [255, 255, 255] : [0, 0, 0];
    const isDisc = number % 2 === 0;
    const isIn = isDisc
      ? Math.hypot(x - left - 18, y - 48) < size
      : x >= left && x < left + size && y >= 20 && y < 70;
    return isIn ? shape : ground;
  };
  const places = Array.from({ length: SIDE * SIDE }, (_, at) => colourAt(at % SIDE, Math.floor(at / SIDE)));
  return Buffer.from(places.flat());
}

/** JPEGs of a shape on a ground, no two alike: of a number the same bytes every time. */
export async function generatePictures(
  folder: string,
  count: number,
  { side = SIDE, from = 0 } = {},
): Promise<string[]> {
  mkdirSync(folder, { recursive: true });
  const names: string[] = [];
  for (let i = from; i < from + count; i++) {
    const name = `${String(i).padStart(5, '0')}.jpg`;
    // Pixels, not a drawing: decoders of the project in the same process forbid the library to read drawings.
    await sharp(paint(i), { raw: { width: SIDE, height: SIDE, channels: 3 } })
      .resize(side, side)
      .jpeg({ quality: 85 })
      .toFile(path.join(folder, name));
    names.push(name);
  }
  return names;
}

/** A folder with the examples, and generated pictures in a folder in it. */
export async function photoFolder(generated: number): Promise<string> {
  const folder = path.join(mkdtempSync(path.join(tmpdir(), 'clipgraph-photos-')), 'photos');
  mkdirSync(folder);
  for (const name of readdirSync(EXAMPLES).filter((file) => /\.(png|jpg)$/.test(file))) {
    copyFileSync(path.join(EXAMPLES, name), path.join(folder, name));
  }
  await generatePictures(path.join(folder, 'made'), generated);
  return folder;
}
