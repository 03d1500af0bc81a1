/** A frame of a client whose payload is arriving. */
interface Frame {
  /** Of the message. */
  readonly isLast: boolean;
  readonly isData: boolean;
  readonly mask: Buffer;
  readonly isCut: boolean;
  /** Of the next part's first byte: what extensions use, and the opcode. */
  kind: number;
  /** Bytes of its payload that are still to come. */
  left: number;
  /** Those before the next header, where it is cut. */
  leftOfPart: number;
}

/** Bytes that are handed over in one turn of the event loop, together with others that cost little. */
export interface Piece {
  readonly bytes: Buffer;
  /** In bytes that are unmasked or copied. */
  readonly cost: number;
}

// Bits of the first two bytes of a frame.
const LAST = 0x80;
const CONTROL = 0x08;
const MASKED = 0x80;
const LENGTH = 0x7f;
/** The longest part whose length takes 2 bytes; a multiple of 4, so that the mask begins anew with each. */
const LONGEST_PART = 65_532;
const LONGEST_HEADER = 14;
/** A frame costs as much as so many bytes, whatever it holds: an event, and maybe an answer. */
const FRAME_COST = 8 * 1024;
/** A piece that has cost so much is handed over. */
const PIECE_COST = 2 ** 20;

function lengthOfHeader(second: number): number {
  const length = second & LENGTH;
  return 2 + (length === 127 ? 8 : length === 126 ? 2 : 0) + ((second & MASKED) === 0 ? 0 : 4);
}

function headerOfPart(first: number, size: number, mask: Buffer): Buffer {
  if (size < 126) return Buffer.from([first, MASKED | size, ...mask]);
  return Buffer.from([first, MASKED | 126, size >> 8, size & 0xff, ...mask]);
}

/**
 * Cuts the frames of a client into fragments (RFC 6455, section 5.4): ws collects a frame whole and unmasks it in one go, 40 ms
 * for the largest; small ones it unmasks as they come. The messages are the same. What is wrong is left for ws to refuse.
 */
export class FrameCutter {
  readonly #maxPayload: number;
  readonly #header = Buffer.alloc(LONGEST_HEADER);
  #collected = 0;
  #frame: Frame | undefined;
  /** Bytes of the message that is arriving. */
  #message = 0;

  /** @param maxPayload bytes of a message; a longer frame is refused by its header, and is not cut */
  constructor(maxPayload: number) {
    this.#maxPayload = maxPayload;
  }

  /** What becomes of the bytes that come next. */
  *cut(chunk: Buffer): Generator<Piece, void, undefined> {
    let out: Buffer[] = [];
    let cost = 0;
    let at = 0;
    while (at < chunk.length) {
      let frame = this.#frame;
      if (frame === undefined) {
        at += this.#collect(chunk, at);
        if (this.#collected < 2 || this.#collected < lengthOfHeader(this.#header[1])) continue;
        const header = this.#header.subarray(0, this.#collected);
        frame = this.#begin(header);
        cost += FRAME_COST;
        if (!frame.isCut) out.push(Buffer.from(header));
        this.#collected = 0;
        this.#frame = frame;
      }
      if (frame.isCut && frame.leftOfPart === 0) out.push(this.#beginPart(frame));
      const count = Math.min(frame.isCut ? frame.leftOfPart : frame.left, chunk.length - at);
      out.push(chunk.subarray(at, at + count));
      at += count;
      cost += count;
      frame.left -= count;
      frame.leftOfPart -= count;
      if (frame.left === 0) cost += this.#end(frame);
      if (cost > PIECE_COST) {
        yield { bytes: Buffer.concat(out), cost };
        out = [];
        cost = 0;
      }
    }
    if (out.length > 0) yield { bytes: Buffer.concat(out), cost };
  }

  /** @returns how many bytes of a header it has taken */
  #collect(chunk: Buffer, at: number): number {
    const length = this.#collected < 2 ? 2 : lengthOfHeader(this.#header[1]);
    const count = chunk.copy(this.#header, this.#collected, at, at + length - this.#collected);
    this.#collected += count;
    return count;
  }

  #begin(header: Buffer): Frame {
    const [first, second] = header;
    const short = second & LENGTH;
    const long = short === 126 ? header.readUInt16BE(2) : short;
    const length = short === 127 ? Number(header.readBigUInt64BE(2)) : long;
    const isData = (first & CONTROL) === 0;
    const isMasked = (second & MASKED) !== 0;
    if (isData) this.#message += length;
    return {
      isLast: (first & LAST) !== 0,
      isData,
      mask: Buffer.from(header.subarray(-4)),
      isCut: isData && isMasked && length > LONGEST_PART && length <= this.#maxPayload,
      kind: first & ~LAST,
      left: length,
      leftOfPart: 0,
    };
  }

  #beginPart(frame: Frame): Buffer {
    const size = Math.min(LONGEST_PART, frame.left);
    const isLast = frame.isLast && size === frame.left;
    const header = headerOfPart((isLast ? LAST : 0) | frame.kind, size, frame.mask);
    frame.kind = 0; // The parts that follow continue it.
    frame.leftOfPart = size;
    return header;
  }

  /** @returns what the end of the frame costs: a message is put together, checked and handed on */
  #end(frame: Frame): number {
    this.#frame = undefined;
    if (!frame.isData || !frame.isLast) return 0;
    const size = this.#message;
    this.#message = 0;
    return size;
  }
}
