import type { Picture } from '../core/image/index.js';
import { ClipgraphError } from '../errors/index.js';
import { checkPixels } from './image-limits.js';

/** LZW codes have at most 12 bits. */
const MAX_CODES = 4096;
const INTERLACE_PASSES = [
  { first: 0, step: 8 },
  { first: 4, step: 8 },
  { first: 2, step: 4 },
  { first: 1, step: 2 },
];

function undecodable(reason: string): ClipgraphError {
  return new ClipgraphError(
    'UNDECODABLE_IMAGE',
    `The picture starts like a GIF file but cannot be decoded: ${reason}.`,
  );
}

/** Reads the file front to back; reading past its end is the file's fault. */
class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  byte(): number {
    if (this.#at >= this.#bytes.length) throw undecodable('it is cut short');
    return this.#bytes[this.#at++];
  }

  uint16(): number {
    const low = this.byte();
    return low | (this.byte() << 8);
  }

  take(length: number): Uint8Array {
    if (this.#at + length > this.#bytes.length) throw undecodable('it is cut short');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  /** A chain of sub-blocks up to its terminator. Data may end with the file. */
  subBlocks(): Uint8Array[] {
    const blocks: Uint8Array[] = [];
    while (this.#at < this.#bytes.length) {
      const length = this.byte();
      if (length === 0) break;
      blocks.push(this.#bytes.subarray(this.#at, this.#at + length));
      this.#at += length;
    }
    return blocks;
  }
}

/**
 * Unpacks LZW data to palette indices.
 *
 * @param count how many indices there must be; what follows is ignored
 */
function unpack(data: Uint8Array, firstCodeBits: number, count: number): Uint8Array {
  if (firstCodeBits > 11) throw undecodable(`its data declares codes of ${firstCodeBits} bits`);
  const clear = 1 << firstCodeBits;
  const end = clear + 1;
  const prefix = new Int16Array(MAX_CODES);
  const suffix = Uint8Array.from({ length: MAX_CODES }, (_, code) => (code < clear ? code : 0));
  const stack = new Uint8Array(MAX_CODES + 1);
  const indices = new Uint8Array(count);

  let bits = firstCodeBits + 1;
  let next = end + 1;
  let previous = -1;
  let first = 0;
  let buffer = 0;
  let buffered = 0;
  let read = 0;
  let written = 0;
  while (written < count) {
    while (buffered < bits && read < data.length) {
      buffer |= data[read++] << buffered;
      buffered += 8;
    }
    if (buffered < bits) break;
    const code = buffer & ((1 << bits) - 1);
    buffer >>= bits;
    buffered -= bits;
    if (code === clear) {
      bits = firstCodeBits + 1;
      next = end + 1;
      previous = -1;
      continue;
    }
    if (code === end) break;
    if (code > next || (code === next && previous < 0))
      throw undecodable('its data holds a code that cannot be');

    let depth = 0;
    let link = code;
    if (code === next) {
      stack[depth++] = first;
      link = previous;
    }
    for (; link > end; link = prefix[link]) stack[depth++] = suffix[link];
    first = suffix[link];
    stack[depth++] = first;
    while (depth > 0 && written < count) indices[written++] = stack[--depth];

    if (previous >= 0 && next < MAX_CODES) {
      prefix[next] = previous;
      suffix[next] = first;
      next++;
      if (next === 1 << bits && bits < 12) bits++;
    }
    previous = code;
  }
  if (written < count) throw undecodable('it is cut short');
  return indices;
}

/** A palette in which each index is its own grey: Pillow takes such a GIF for a grey picture. */
function isGreyRamp(palette: Uint8Array): boolean {
  return palette.every((value, i) => value === Math.trunc(i / 3));
}

function rowsOf(height: number, isInterlaced: boolean): number[] {
  const passes = isInterlaced ? INTERLACE_PASSES : [{ first: 0, step: 1 }];
  return passes.flatMap(({ first, step }) =>
    Array.from({ length: Math.max(0, Math.ceil((height - first) / step)) }, (_, i) => first + i * step),
  );
}

/**
 * The first frame of a GIF as Pillow sees it, which is not as browsers do: what the frame does not cover has index 0 or
 * the transparent index, a frame larger than the screen enlarges it, and a transparent pixel keeps its palette colour.
 *
 * @throws UNDECODABLE_IMAGE, IMAGE_TOO_LARGE
 * Sources: GIF89a specification; Pillow src/PIL/GifImagePlugin.py.
 */
export function decodeGif(bytes: Uint8Array, maxPixels: number): Picture {
  const reader = new Reader(bytes);
  reader.take(6);
  const screen = { width: reader.uint16(), height: reader.uint16() };
  checkPixels(screen, maxPixels);
  const flags = reader.byte();
  reader.take(2);
  const readPalette = (paletteFlags: number): Uint8Array => reader.take(3 << ((paletteFlags & 7) + 1));
  let palette = (flags & 0x80) === 0 ? undefined : readPalette(flags);
  let transparent = -1;
  for (;;) {
    const block = reader.byte();
    if (block === 0x2c) break;
    if (block === 0x3b) throw undecodable('it holds no frame');
    if (block !== 0x21) continue; // Pillow skips what it does not know.
    const label = reader.byte();
    const control = reader.subBlocks().at(0);
    if (label === 0xf9 && control !== undefined && control.length >= 4 && (control[0] & 1) === 1) {
      transparent = control[3];
    }
  }
  const left = reader.uint16();
  const top = reader.uint16();
  const frame = { width: reader.uint16(), height: reader.uint16() };
  const width = Math.max(screen.width, left + frame.width);
  const height = Math.max(screen.height, top + frame.height);
  checkPixels({ width, height }, maxPixels);
  const frameFlags = reader.byte();
  if ((frameFlags & 0x80) !== 0) palette = readPalette(frameFlags);
  const firstCodeBits = reader.byte();
  const indices = unpack(Buffer.concat(reader.subBlocks()), firstCodeBits, frame.width * frame.height);

  const canvas = new Uint8Array(width * height).fill(Math.max(0, transparent));
  for (const [i, y] of rowsOf(frame.height, (frameFlags & 0x40) !== 0).entries()) {
    canvas.set(indices.subarray(i * frame.width, (i + 1) * frame.width), (y + top) * width + left);
  }
  const isGrey = palette === undefined || isGreyRamp(palette);
  const data = new Uint8Array(width * height * 4);
  for (const [pixel, index] of canvas.entries()) {
    for (let channel = 0; channel < 3; channel++) {
      data[pixel * 4 + channel] = isGrey || palette === undefined ? index : palette[index * 3 + channel];
    }
    data[pixel * 4 + 3] = index === transparent ? 0 : 255;
  }
  return {
    kind: 'colour',
    raster: { data, width, height, channels: 4 },
    alpha: transparent >= 0 ? 'key' : 'none',
    isIndexed: !isGrey,
  };
}
