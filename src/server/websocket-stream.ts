import { Duplex } from 'node:stream';
import { SharedTurns } from '../isolation/turns.js';
import { FrameCutter } from './websocket-frames.js';

/** Bytes of all connections that are unmasked, copied and checked in one turn of the event loop: some 10 ms. */
const reading = new SharedTurns(4 * 2 ** 20);

/**
 * A connection as ws reads it: its frames are cut, and come when there is room in a turn of the event loop. The system hands
 * over what all connections have sent at once.
 */
export class WebSocketStream extends Duplex {
  readonly #stream: Duplex;
  readonly #cutter: FrameCutter;
  #wanted: (() => void) | undefined;

  /**
   * @param stream that has been upgraded
   * @param maxPayload bytes of a message
   */
  constructor(stream: Duplex, maxPayload: number) {
    super();
    this.#stream = stream;
    this.#cutter = new FrameCutter(maxPayload);
    stream.on('data', (chunk: Buffer) => {
      stream.pause();
      this.#handOver(chunk).then(
        () => stream.resume(),
        (error: unknown) => this.destroy(error as Error),
      );
    });
    this.on('error', () => undefined); // ws listens as long as it is concerned.
    stream.on('end', () => this.push(null));
    stream.on('error', (error) => this.destroy(error));
    stream.on('close', () => this.destroy());
  }

  async #handOver(chunk: Buffer): Promise<void> {
    for (const { bytes, cost } of this.#cutter.cut(chunk)) {
      await reading.share(cost, { client: this, group: this });
      if (this.destroyed) return;
      if (this.push(bytes)) continue;
      await new Promise<void>((resolve) => {
        this.#wanted = resolve;
      });
    }
  }

  override _read(): void {
    this.#wanted?.();
    this.#wanted = undefined;
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#stream.write(chunk, encoding, callback);
  }

  override _writev(
    chunks: { readonly chunk: Buffer; readonly encoding: BufferEncoding }[],
    callback: (error?: Error | null) => void,
  ): void {
    this.#stream.cork();
    for (const [i, { chunk, encoding }] of chunks.entries()) {
      if (i === chunks.length - 1) this.#stream.write(chunk, encoding, callback);
      else this.#stream.write(chunk, encoding);
    }
    this.#stream.uncork();
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#stream.end(callback);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#stream.destroy();
    this._read();
    callback(error);
  }
}
