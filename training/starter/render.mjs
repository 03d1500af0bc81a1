// Rasterises the drawings that are SVG files (Fluent, OpenMoji, Tux Paint) to RGBA PNGs of SIZE × SIZE, with sharp, and
// makes smaller copies of the clip art that has hundreds of megapixels.
// usage: node render.mjs PACKAGES OUT SIZE
import fs from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';

const [, , packages, out, size] = process.argv;
const side = Number(size);
const clear = { r: 0, g: 0, b: 0, alpha: 0 };

const SKIN_TONE = /1F3F[B-F]|(light|medium|dark)(-light|-dark)?-skin-tone|-(light|medium|dark)(\.svg|-)/;
const SOURCES = [
  ['openmoji', 'openmoji/package/color/svg'],
  ['fluent-modern', 'fluentui-emoji/package/icons/modern'],
  ['fluent-flat', 'fluentui-emoji/package/icons/flat'],
  ['fluent-contrast', 'fluentui-emoji/package/icons/high-contrast'],
  ['tuxpaint', 'tuxpaint-stamps-default/usr/share/tuxpaint/stamps'],
];

const jobs = SOURCES.flatMap(([name, folder]) => {
  const root = path.join(packages, folder);
  return fs
    .readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.svg') && (name === 'tuxpaint' || !SKIN_TONE.test(file)))
    .map((file) => [path.join(root, file), path.join(out, name, file.replace(/\.svg$/, '.png'))]);
});

const CLIP_ART = path.join(packages, 'openclipart-png/usr/share/openclipart/png');
const LARGE = 4e6; // pixels
const COPY_SIDE = 512;
for (const file of fs.readdirSync(CLIP_ART, { recursive: true, encoding: 'utf8' })) {
  const source = path.join(CLIP_ART, file);
  const target = path.join(out, 'openclipart', file);
  if (!file.endsWith('.png') || fs.existsSync(target)) continue;
  const image = sharp(source, { limitInputPixels: false });
  const { width, height } = await image.metadata();
  if (width * height <= LARGE) continue;
  fs.mkdirSync(path.dirname(target), { recursive: true });
  await image.resize(COPY_SIDE, COPY_SIDE, { fit: 'inside' }).png().toFile(target);
}

let failed = 0;
sharp.concurrency(1);
sharp.cache(false);
await Promise.all(
  [0, 1].map(async (lane) => {
    for (let at = lane; at < jobs.length; at += 2) {
      const [source, target] = jobs[at];
      if (fs.existsSync(target)) continue;
      fs.mkdirSync(path.dirname(target), { recursive: true });
      try {
        const { width, height } = await sharp(source).metadata();
        const density = Math.min(2400, Math.max(36, (72 * side) / Math.max(width, height)));
        await sharp(source, { density })
          .resize(side, side, { fit: 'contain', background: clear })
          .png()
          .toFile(target);
      } catch {
        failed += 1; // Some of the stamps are not SVG that librsvg reads; the manifest takes what is there.
      }
    }
  }),
);
console.log(`  ${jobs.length - failed} of ${jobs.length} drawings rasterised`);
