/** Chunks that hold something packed which no pixel needs: unpacked, each may be a thousand times as large. */
const PACKED: readonly string[] = ['zTXt', 'iTXt', 'iCCP'];

function typeOf(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(bytes[at + 4], bytes[at + 5], bytes[at + 6], bytes[at + 7]);
}

/**
 * The file without its packed texts and profiles, which libvips would unpack, all of them.
 *
 * @returns the same bytes where there are none
 */
export function withoutPackedText(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kept: Uint8Array[] = [];
  let from = 0;
  for (let at = 8; at + 12 <= bytes.length;) {
    const end = Math.min(at + 12 + view.getUint32(at), bytes.length);
    if (PACKED.includes(typeOf(bytes, at))) {
      kept.push(bytes.subarray(from, at));
      from = end;
    }
    at = end;
  }
  return from === 0 ? bytes : Buffer.concat([...kept, bytes.subarray(from)]);
}
