import { mkdirSync, mkdtempSync, readdirSync, copyFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';

const EXAMPLES = path.join(__dirname, '..', '..', 'examples');

/** As many generated pictures as the issue names where all is tested, fewer else. */
export const GENERATED = process.env.CLIPGRAPH_FULL === undefined ? 60 : 200;

/** JPEGs of a shape on a ground, no two alike: of a number the same bytes every time. */
export async function generatePictures(
  folder: string,
  count: number,
  { side = 96, from = 0 } = {},
): Promise<string[]> {
  mkdirSync(folder, { recursive: true });
  const names: string[] = [];
  for (let i = from; i < from + count; i++) {
    const name = `${String(i).padStart(5, '0')}.jpg`;
    const [hue, light, at] = [(i * 47) % 360, 25 + ((i * 13) % 50), (i * 29) % 60];
    const shape =
      i % 2 === 0
        ? `<circle cx="${20 + at}" cy="48" r="${10 + (i % 25)}" fill="hsl(${(hue + 180) % 360} 80% 50%)"/>`
        : `<rect x="${at}" y="${at / 2}" width="${12 + (i % 40)}" height="40" fill="hsl(${(hue + 90) % 360} 70% 40%)"/>`;
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96" width="${side}" height="${side}"><rect width="96" height="96" fill="hsl(${hue} 60% ${light}%)"/>${shape}<text x="4" y="90" font-size="8">${i}</text></svg>`;
    await sharp(Buffer.from(svg)).jpeg({ quality: 85 }).toFile(path.join(folder, name));
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
