import { damaged } from './refusal.js';

/**
 * Unpacks runs of bytes.
 *
 * @param length bytes that there must be; what follows is ignored
 * @throws UNDECODABLE_IMAGE
 * Source: TIFF 6.0, section 9.
 */
export function unpackPackBits(data: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length);
  let written = 0;
  for (let at = 0; at < data.length && written < length;) {
    const count = data[at++];
    if (count === 128) continue;
    if (count > 128) {
      if (at >= data.length) break;
      out.fill(data[at++], written, Math.min(written + 257 - count, length));
      written += 257 - count;
    } else {
      const run = data.subarray(at, at + Math.min(count + 1, length - written));
      out.set(run, written);
      at += count + 1;
      written += run.length;
    }
  }
  if (written < length) throw damaged('it is cut short');
  return out;
}
