/** Writes numbers in so many bits each, the lowest first. */
function bitWriter() {
  const bits: number[] = [];
  return {
    put: (value: number, count: number): void => {
      for (let i = 0; i < count; i++) bits.push((value >> i) & 1);
    },
    bytes: (): Buffer => {
      const bytes = Buffer.alloc(Math.ceil(bits.length / 16) * 2 + 8);
      bits.forEach((bit, i) => (bytes[i >> 3] |= bit << (i & 7)));
      return bytes;
    },
  };
}

function reversed(byte: number): number {
  return Array.from({ length: 8 }, (_, i) => ((byte >> i) & 1) << (7 - i)).reduce((sum, bit) => sum | bit, 0);
}

/** The order in which a code tells how long its own codes are. Source: WebP lossless bitstream specification, 6.2.1. */
const ORDER_OF_LENGTHS = [17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8];
const SIDE = 1024;
/** Blocks of 4 × 4 pixels, each with Huffman tables of its own: as many as the format can tell apart. */
const BLOCKS = (SIDE / 4) ** 2;

/**
 * A lossless WebP of 1024 × 1024 black pixels, 295 kB, whose decoder holds more than 300 MB of Huffman tables: nothing in
 * its header says so.
 */
export function webpOfTables(): Buffer {
  const { put, bytes } = bitWriter();
  const putSimpleCode = (): void => {
    put(1, 4); // One symbol, 0, which then takes no bits.
  };
  /** Every byte in 8 bits; `rest` symbols behind them are not used. */
  const putCodeOfBytes = (rest: number): void => {
    put(0, 1);
    put(ORDER_OF_LENGTHS.length - 4, 4);
    for (const length of ORDER_OF_LENGTHS) put(length === 8 || length === 18 ? 1 : 0, 3);
    put(0, 1);
    for (let symbol = 0; symbol < 256; symbol++) put(0, 1);
    if (rest > 0) put(1, 1);
    if (rest > 0) put(rest - 11, 7);
  };
  put(0x2f, 8);
  put(SIDE - 1, 14);
  put(SIDE - 1, 14);
  put(0, 4); // No alpha, version 0.
  put(0, 2); // Neither transforms nor a colour cache.
  put(1, 1); // Codes of their own for
  put(0, 3); // blocks of 4 × 4 pixels.
  put(0, 1);
  putCodeOfBytes(24);
  putCodeOfBytes(0);
  for (let i = 0; i < 3; i++) putSimpleCode();
  for (let block = 0; block < BLOCKS; block++) {
    put(reversed(block & 255), 8);
    put(reversed(block >> 8), 8);
  }
  for (let i = 0; i < BLOCKS * 5; i++) putSimpleCode();
  const data = bytes();
  const header = Buffer.alloc(20);
  header.write('RIFF');
  header.writeUInt32LE(data.length + 12, 4);
  header.write('WEBPVP8L', 8);
  header.writeUInt32LE(data.length, 16);
  return Buffer.concat([header, data]);
}
