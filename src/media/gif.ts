import type { Picture } from '../core/image/index.js';
import { ClipgraphError } from '../errors/index.js';
import { colourIndices } from './decoders/palette.js';
import { gifDecodeBytes } from './decode-bytes.js';
import { checkDecodeBytes, checkPixels, type ImageLimits } from './image-limits.js';

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

  /** The data of a chain of sub-blocks up to its terminator, in one piece. The chain may end with the file. */
  subBlocks(): Uint8Array {
    const from = this.#at;
    const bytes = this.#bytes;
    let end = from;
    let length = 0;
    for (; end < bytes.length && bytes[end] !== 0; end += bytes[end] + 1) {
      length += Math.min(bytes[end], bytes.length - end - 1);
    }
    const data = new Uint8Array(length);
    for (let at = from, to = 0; at < bytes.length && bytes[at] !== 0; at += bytes[at] + 1) {
      const block = bytes.subarray(at + 1, at + 1 + bytes[at]);
      data.set(block, to);
      to += block.length;
    }
    this.#at = end + 1;
    return data;
  }

  /** The first of a chain of sub-blocks; the others are passed over. */
  firstSubBlock(): Uint8Array {
    const from = this.#at;
    const bytes = this.#bytes;
    let end = from;
    while (end < bytes.length && bytes[end] !== 0) end += bytes[end] + 1;
    this.#at = end + 1;
    return from < bytes.length ? bytes.subarray(from + 1, from + 1 + bytes[from]) : new Uint8Array();
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

const GREYS = Uint8Array.from({ length: 768 }, (_, i) => Math.trunc(i / 3));

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
export function decodeGif(bytes: Uint8Array, limits: ImageLimits): Picture {
  const reader = new Reader(bytes);
  reader.take(6);
  const screen = { width: reader.uint16(), height: reader.uint16() };
  checkPixels(screen, limits);
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
    const control = reader.firstSubBlock();
    if (label === 0xf9 && control.length >= 4 && (control[0] & 1) === 1) {
      transparent = control[3];
    }
  }
  const left = reader.uint16();
  const top = reader.uint16();
  const frame = { width: reader.uint16(), height: reader.uint16() };
  const width = Math.max(screen.width, left + frame.width);
  const height = Math.max(screen.height, top + frame.height);
  checkPixels({ width, height }, limits);
  checkDecodeBytes({ width, height }, gifDecodeBytes({ width, height }), limits);
  const frameFlags = reader.byte();
  if ((frameFlags & 0x80) !== 0) palette = readPalette(frameFlags);
  const firstCodeBits = reader.byte();
  const indices = unpack(reader.subBlocks(), firstCodeBits, frame.width * frame.height);

  const canvas = new Uint8Array(width * height).fill(Math.max(0, transparent));
  for (const [i, y] of rowsOf(frame.height, (frameFlags & 0x40) !== 0).entries()) {
    canvas.set(indices.subarray(i * frame.width, (i + 1) * frame.width), (y + top) * width + left);
  }
  const isGrey = palette === undefined || isGreyRamp(palette);
  const picture = colourIndices(
    { data: canvas, width, height, channels: 1 },
    isGrey || palette === undefined ? GREYS : palette,
    transparent < 0 ? undefined : Uint8Array.from({ length: 256 }, (_, i) => (i === transparent ? 0 : 255)),
  );
  return { ...picture, isIndexed: !isGrey };
}
