import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { damage, type Random } from './random.js';

const GOLDENS = path.join(__dirname, '..', 'goldens');
const LARGEST = 200_000;
const SIDES = [
  0,
  1,
  2,
  3,
  16,
  255,
  256,
  4096,
  9459,
  20_000,
  65_500,
  65_535,
  65_536,
  2 ** 24,
  2 ** 31 - 1,
  2 ** 32 - 1,
];

const files: readonly string[] = [
  path.join('bad', 'files'),
  'pillow',
  'real-world',
  path.join('preprocess', 'images'),
].flatMap((folder) =>
  readdirSync(path.join(GOLDENS, folder))
    .sort()
    .map((name) => path.join(GOLDENS, folder, name))
    .filter((file) => statSync(file).isFile() && statSync(file).size < LARGEST && !file.endsWith('.json')),
);

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const head = Buffer.alloc(4);
  head.writeUInt32BE(data.length);
  const tail = Buffer.alloc(4);
  tail.writeUInt32BE(crc32(body));
  return Buffer.concat([head, body, tail]);
}

/** A PNG whose header says anything, with little behind it. */
function png(random: Random): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(random.pick(SIDES), 0);
  header.writeUInt32BE(random.pick(SIDES), 4);
  header.set(
    [random.pick([1, 2, 4, 8, 16, 8, 7]), random.pick([0, 2, 3, 4, 6, 1]), 0, 0, random.below(2)],
    8,
  );
  return Buffer.concat([
    Buffer.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10),
    chunk('IHDR', header),
    ...(random.chance(0.3) ? [chunk('PLTE', Buffer.alloc(3 * random.below(300), 7))] : []),
    ...(random.chance(0.3) ? [chunk('tRNS', Buffer.alloc(random.below(300), 7))] : []),
    chunk('IDAT', deflateSync(Buffer.alloc(random.below(100_000), random.below(256)))),
    ...(random.chance(0.8) ? [chunk('IEND', Buffer.alloc(0))] : []),
  ]);
}

/** A GIF of one frame, anywhere on a canvas of any size. */
function gif(random: Random): Buffer {
  const side = (): number[] => {
    const value = random.pick(SIDES) & 0xffff;
    return [value & 255, value >> 8];
  };
  return Buffer.from([
    ...Buffer.from(random.pick(['GIF87a', 'GIF89a'])),
    ...[...side(), ...side(), random.pick([0, 0x80, 0xf7]), 0, 0],
    ...[0, 0, 0, 255, 255, 255],
    ...[0x2c, ...side(), ...side(), ...side(), ...side(), random.pick([0, 0x40])],
    ...[random.below(13), 2, 0x4c, 0x01, 0, 0x3b],
  ]);
}

/** Another width or height in a JPEG's frame. */
function jpegOfOtherSides(bytes: Buffer, random: Random): Buffer {
  const changed = Buffer.from(bytes);
  for (let at = 2; at + 9 < changed.length && changed[at] === 0xff; at += 2 + changed.readUInt16BE(at + 2)) {
    const marker = changed[at + 1];
    if (marker < 0xc0 || marker > 0xcf || marker % 4 === 0) continue;
    changed.writeUInt16BE(random.pick(SIDES) & 0xffff, at + 5 + 2 * random.below(2));
    break;
  }
  return changed;
}

/** The canvas of an extended WebP. */
function webpOfOtherSides(bytes: Buffer, random: Random): Buffer {
  const changed = Buffer.from(bytes);
  if (changed.length > 30) changed.writeUIntLE(random.pick(SIDES) & 0xffffff, 24 + 3 * random.below(2), 3);
  return changed;
}

/** A picture of the reference data, whole or damaged; or the head of one that promises anything. */
export function anyPicture(random: Random): Buffer {
  if (random.chance(0.12)) return png(random);
  if (random.chance(0.06)) return gif(random);
  const bytes = readFileSync(random.pick(files));
  if (random.chance(0.1)) return bytes;
  if (bytes[0] === 0xff && random.chance(0.2)) return jpegOfOtherSides(bytes, random);
  if (bytes.toString('latin1', 8, 12) === 'WEBP' && random.chance(0.3))
    return webpOfOtherSides(bytes, random);
  return damage(bytes, random);
}
