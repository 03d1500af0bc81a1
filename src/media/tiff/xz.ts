import { damaged } from './refusal.js';
import { Lzma } from './lzma.js';

const MAGIC = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00];
const FILTERS = { delta: 0x03, lzma2: 0x21 } as const;

/** A number of seven bits a byte, the lowest first. */
function readInteger(data: Uint8Array, at: number): { value: number; at: number } {
  let value = 0;
  for (let i = 0; i < 5; i++) {
    value += (data[at + i] & 0x7f) * 2 ** (7 * i);
    if ((data[at + i] & 0x80) === 0) return { value, at: at + i + 1 };
  }
  throw damaged('its data is damaged');
}

/** The distance of the delta filter, where the block's header names one before LZMA2. */
function readBlockHeader(data: Uint8Array, at: number): { at: number; distance: number } {
  const end = at + (data[at] + 1) * 4;
  const flags = data[at + 1];
  let next = at + 2;
  for (const bit of [0x40, 0x80]) if ((flags & bit) !== 0) next = readInteger(data, next).at;
  let distance = 0;
  for (let filter = 0; filter <= (flags & 3); filter++) {
    const id = readInteger(data, next);
    const size = readInteger(data, id.at);
    if (id.value === FILTERS.delta) distance = data[size.at] + 1;
    else if (id.value !== FILTERS.lzma2) throw damaged('its data has a filter that is not known');
    next = size.at + size.value;
  }
  if (data[at] === 0 || end > data.length || next > end) throw damaged('its data is damaged');
  return { at: end, distance };
}

/**
 * Unpacks the first block of an .xz stream, which is how libtiff stores LZMA. Check sums are not looked at.
 *
 * @param length bytes that there must be; what follows is ignored
 * @throws UNDECODABLE_IMAGE
 * Sources: The .xz File Format 1.1.0; libtiff tif_lzma.c.
 */
export function unpackXz(data: Uint8Array, length: number): Uint8Array {
  if (data.length < 24 || !MAGIC.every((byte, i) => data[i] === byte)) throw damaged('its data is damaged');
  const block = readBlockHeader(data, 12);
  const out = new Uint8Array(length);
  const lzma = new Lzma(out);
  let at = block.at;
  while (lzma.written < length) {
    const control = data[at];
    if (at >= data.length || control === 0) throw damaged('it is cut short');
    if (control < 0x80) {
      if (control > 2) throw damaged('its data is damaged');
      const size = ((data[at + 1] << 8) | data[at + 2]) + 1;
      if (at + 3 + size > data.length) throw damaged('it is cut short');
      if (control === 1) lzma.forget();
      lzma.copy(data.subarray(at + 3, at + 3 + size));
      at += 3 + size;
      continue;
    }
    const unpacked = (((control & 0x1f) << 16) | (data[at + 1] << 8) | data[at + 2]) + 1;
    const packed = ((data[at + 3] << 8) | data[at + 4]) + 1;
    const reset = (control >> 5) & 3;
    const from = at + (reset >= 2 ? 6 : 5);
    if (from + packed > data.length) throw damaged('it is cut short');
    if (reset === 3) lzma.forget();
    if (reset >= 2) lzma.setProperties(data[at + 5]);
    else if (reset === 1) lzma.resetState();
    lzma.decode(data.subarray(from, from + packed), unpacked);
    at = from + packed;
  }
  const { distance } = block;
  if (distance > 0) for (let i = distance; i < length; i++) out[i] += out[i - distance];
  return out;
}
