/** Chunks from this size on are kept as they are; smaller ones are copied together. */
const LARGE = 16 * 1024;
const LARGEST_BLOCK = 64 * 1024;

/**
 * Collects what arrives in chunks. Small ones are copied into blocks: a body that comes a byte at a time would otherwise cost
 * an object, and keep what the socket read it into, for each byte.
 */
export class ByteCollector {
  readonly #blocks: Buffer[] = [];
  #block = Buffer.alloc(0);
  #used = 0;
  #size = 0;

  /** Bytes so far. */
  get size(): number {
    return this.#size;
  }

  push(chunk: Buffer): void {
    this.#size += chunk.length;
    if (chunk.length >= LARGE) {
      this.#endBlock();
      this.#blocks.push(chunk);
      return;
    }
    if (this.#used + chunk.length > this.#block.length) {
      this.#endBlock();
      const size = Math.min(LARGEST_BLOCK, Math.max(chunk.length, this.#size));
      this.#block = Buffer.allocUnsafeSlow(size);
    }
    this.#used += chunk.copy(this.#block, this.#used);
  }

  /** What has been collected, in blocks; the collector is empty then. */
  take(): Buffer[] {
    this.#endBlock();
    this.#size = 0;
    return this.#blocks.splice(0);
  }

  /** The same in one piece. */
  concat(): Buffer {
    const size = this.#size;
    const blocks = this.take();
    return blocks.length === 1 ? blocks[0] : Buffer.concat(blocks, size);
  }

  #endBlock(): void {
    if (this.#used > 0) this.#blocks.push(this.#block.subarray(0, this.#used));
    this.#block = Buffer.alloc(0);
    this.#used = 0;
  }
}
