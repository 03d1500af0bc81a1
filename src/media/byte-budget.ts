import { ClipgraphError } from '../errors/index.js';
import { makeRoom, type Held, type Holdings } from '../isolation/admission.js';
import type { Client } from '../isolation/fair-queue.js';

/** What one request, or one content, holds of a budget. */
export interface ByteShare {
  /** Bytes that it holds now. */
  readonly bytes: number;
  /**
   * Before the bytes are there, or as they arrive. While all is full, the newest shares of whoever holds most make room.
   *
   * @throws OVERLOADED where nobody holds more than this client would; PAYLOAD_TOO_LARGE for more than all may hold
   *   together; TIMEOUT once it is closed: nobody waits for them; the reason for which it was taken away
   */
  take(count: number): void;
  /** Gives some of them back. */
  give(count: number): void;
  /** From now on it counts as another client's. */
  handTo(client: Client): void;
  /** Gives all of them back, once. */
  close(): void;
}

/** For whom bytes are held. */
export interface ShareOptions {
  readonly client: Client;
  /** Told when a client who holds less needs the room: its bytes have to be let go, and whoever waits for them is to be told. */
  readonly refuse: (reason: Error) => void;
}

interface Share extends ShareOptions {
  client: Client;
  bytes: number;
  /** Once it is over: what is thrown for more. */
  over: Error | undefined;
}

/**
 * The memory that may be held at once for what clients send and are sent, in bytes as they come over the wire or out of base64.
 * Clients share it as they share the queues: while it is full, whoever holds most is refused.
 */
export class ByteBudget {
  readonly maxBytes: number;
  /** In the order of their opening; only those that hold something. */
  readonly #shares = new Map<Client, Set<Share>>();
  readonly #holdings: Holdings;
  #bytes = 0;
  #peak = 0;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
    const held = (): number => this.#bytes;
    this.#holdings = {
      get size() {
        return held();
      },
      counts: () => this.#counts(),
      newestOf: (client) => this.#newestOf(client),
    };
  }

  /** Bytes that are held now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The most that was ever held. */
  get peak(): number {
    return this.#peak;
  }

  /** A share that holds nothing yet. Whoever opens it closes it, whatever happens. */
  open(options: ShareOptions): ByteShare {
    const share: Share = { ...options, bytes: 0, over: undefined };
    return {
      get bytes() {
        return share.bytes;
      },
      take: (count) => {
        if (share.over !== undefined) throw share.over;
        this.#check(share, count);
        this.#add(share, count);
      },
      give: (count) => {
        this.#add(share, -Math.min(count, share.bytes));
      },
      handTo: (client) => {
        const { bytes } = share;
        this.#add(share, -bytes);
        share.client = client;
        this.#add(share, bytes);
      },
      close: () => {
        this.#end(share, new ClipgraphError('TIMEOUT', 'The request is over.'));
      },
    };
  }

  #add(share: Share, count: number): void {
    share.bytes += count;
    this.#bytes += count;
    this.#peak = Math.max(this.#peak, this.#bytes);
    const shares = this.#shares.get(share.client) ?? new Set();
    if (share.bytes > 0) shares.add(share);
    else shares.delete(share);
    if (shares.size > 0) this.#shares.set(share.client, shares);
    else this.#shares.delete(share.client);
  }

  #end(share: Share, reason: Error): void {
    share.over ??= reason;
    this.#add(share, -share.bytes);
  }

  *#counts(): Generator<readonly [client: Client, bytes: number], void, undefined> {
    for (const [client, shares] of this.#shares) {
      yield [client, [...shares].reduce((sum, { bytes }) => sum + bytes, 0)];
    }
  }

  *#newestOf(client: Client): Generator<Held, void, undefined> {
    for (const share of [...(this.#shares.get(client) ?? [])].reverse()) {
      yield {
        count: share.bytes,
        refuse: (reason) => {
          this.#end(share, reason);
          share.refuse(reason);
        },
      };
    }
  }

  #check({ bytes, client }: Share, count: number): void {
    if (bytes + count > this.maxBytes) {
      const message = `The request needs more than ${this.maxBytes} bytes of memory, which is all that requests may hold at once (limits.maxBytesUnderWay).`;
      throw new ClipgraphError('PAYLOAD_TOO_LARGE', message);
    }
    const refusal = (held: number): ClipgraphError => {
      const message = `The requests under way hold ${held} bytes; the limit is ${this.maxBytes} (limits.maxBytesUnderWay). Try again in a moment.`;
      return new ClipgraphError('OVERLOADED', message);
    };
    makeRoom([this.#holdings], { client, count, max: this.maxBytes, refusal });
  }
}
