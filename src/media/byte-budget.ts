import { ClipgraphError } from '../errors/index.js';

/** What one request, or one content, holds of a budget. */
export interface ByteShare {
  /** Bytes that it holds now. */
  readonly bytes: number;
  /**
   * Before the bytes are there, or as they arrive.
   *
   * @throws OVERLOADED while others hold too many; PAYLOAD_TOO_LARGE for more than all may hold together; TIMEOUT once it
   *   is closed: nobody waits for them
   */
  take(count: number): void;
  /** Gives some of them back. */
  give(count: number): void;
  /** Gives all of them back, once. */
  close(): void;
}

/** The memory that may be held at once for what clients send and are sent, in bytes as they come over the wire or out of base64. */
export class ByteBudget {
  readonly maxBytes: number;
  #bytes = 0;
  #peak = 0;
  #refused = 0;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /** Bytes that are held now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The most that was ever held. */
  get peak(): number {
    return this.#peak;
  }

  /** How often a share asked in vain. */
  get refused(): number {
    return this.#refused;
  }

  /** A share that holds nothing yet. Whoever opens it closes it, whatever happens. */
  open(): ByteShare {
    let held = 0;
    let isClosed = false;
    const add = (count: number): void => {
      held += count;
      this.#bytes += count;
      this.#peak = Math.max(this.#peak, this.#bytes);
    };
    return {
      get bytes() {
        return held;
      },
      take: (count) => {
        if (isClosed) throw new ClipgraphError('TIMEOUT', 'The request is over.');
        this.#check(held, count);
        add(count);
      },
      give: (count) => {
        add(-Math.min(count, held));
      },
      close: () => {
        isClosed = true;
        add(-held);
      },
    };
  }

  #check(held: number, count: number): void {
    if (this.#bytes + count <= this.maxBytes) return;
    this.#refused++;
    if (held + count > this.maxBytes) {
      const message = `The request needs more than ${this.maxBytes} bytes of memory, which is all that requests may hold at once (limits.maxBytesUnderWay).`;
      throw new ClipgraphError('PAYLOAD_TOO_LARGE', message);
    }
    const message = `The requests under way hold ${this.#bytes} bytes; the limit is ${this.maxBytes} (limits.maxBytesUnderWay). Try again in a moment.`;
    throw new ClipgraphError('OVERLOADED', message);
  }
}
