import { damaged } from './refusal.js';

const MAX_BITS = 12;
const CLEAR = 256;
const END = 257;

/**
 * Unpacks TIFF's LZW: the highest bit first, codes that widen one early; and the old kind of before TIFF 6, the lowest bit
 * first, which begins with a byte of zero and an odd one.
 *
 * @param length bytes that there must be; what follows is ignored
 * @throws UNDECODABLE_IMAGE
 * Sources: TIFF 6.0, section 13; libtiff tif_lzw.c.
 */
export function unpackLzw(data: Uint8Array, length: number): Uint8Array {
  const isOld = data[0] === 0 && (data[1] & 1) === 1;
  const early = isOld ? 0 : 1;
  const prefix = new Uint16Array(1 << MAX_BITS);
  const suffix = Uint8Array.from(prefix, (_, code) => code & 255);
  const lengths = new Uint16Array(1 << MAX_BITS).fill(1);
  const out = new Uint8Array(length);
  let [bits, next, previous] = [9, END + 1, -1];
  let [buffer, buffered, read, written] = [0, 0, 0, 0];
  while (written < length) {
    while (buffered < bits && read < data.length) {
      if (isOld) buffer |= data[read++] << buffered;
      else buffer = ((buffer << 8) | data[read++]) & 0xff_ffff;
      buffered += 8;
    }
    if (buffered < bits) break;
    buffered -= bits;
    const mask = (1 << bits) - 1;
    const code = isOld ? buffer & mask : (buffer >> buffered) & mask;
    if (isOld) buffer >>= bits;
    if (code === END) break;
    if (code === CLEAR) {
      [bits, next, previous] = [9, END + 1, -1];
      continue;
    }
    if (code > next || (code === next && previous < 0) || (previous < 0 && code > END))
      throw damaged('its data holds a code that cannot be');

    // The string is written from its end, as the table links it.
    const isNew = code === next;
    const size = isNew ? lengths[previous] + 1 : lengths[code];
    let link = isNew ? previous : code;
    let at = written + size - 1;
    if (isNew) at--;
    for (; link > END; link = prefix[link], at--) if (at < length) out[at] = suffix[link];
    const first = link;
    if (at < length) out[at] = first;
    if (isNew && written + size <= length) out[written + size - 1] = first;
    written += size;

    if (previous >= 0 && next < 1 << MAX_BITS) {
      prefix[next] = previous;
      suffix[next] = first;
      lengths[next] = lengths[previous] + 1;
      next++;
      if (next + early >= 1 << bits && bits < MAX_BITS) bits++;
    }
    previous = code;
  }
  if (written < length) throw damaged('it is cut short');
  return out;
}
