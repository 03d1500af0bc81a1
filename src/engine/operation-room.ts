import { ClipgraphError } from '../errors/index.js';
import { makeRoom, type Held, type Holdings } from '../isolation/admission.js';
import type { Client, Turn } from '../isolation/fair-queue.js';

/** Who asks, and until when. */
type Asks = Pick<Turn, 'client' | 'signal'>;

/** An operation that has not begun. */
interface Waiting {
  readonly contents: number;
  /** Contents of later operations that have begun before it. */
  passed: number;
  readonly begin: () => void;
  readonly refuse: (reason: Error) => void;
}

/** What a client has asked for. */
interface Asked {
  /** Contents of its operations that have begun. */
  underWay: number;
  /** In the order of their coming. */
  readonly waiting: Set<Waiting>;
  /** Contents of those. */
  waitingContents: number;
}

function queueFull(waiting: number): ClipgraphError {
  const message = `The queue is full: ${waiting} contents are waiting. Try again in a moment.`;
  return new ClipgraphError('OVERLOADED', message);
}

/** Of `limits.maxQueue`: several full batches, and no more work begun than that. */
const PART_OF_A_CLIENT = 1 / 4;

/**
 * Where operations wait before anything of them is done. Of whoever asks for much at once, some is under way: the rest takes
 * nothing yet of the event loop, on which everybody waits.
 */
export class OperationRoom implements Holdings {
  readonly #maxWaiting: number;
  readonly #maxOfAClient: number;
  readonly #clients = new Map<Client, Asked>();
  #waitingContents = 0;

  /** @param maxQueue contents of the operations that may wait to begin; a client has a part of it under way at most */
  constructor(maxQueue: number) {
    this.#maxWaiting = maxQueue;
    this.#maxOfAClient = maxQueue * PART_OF_A_CLIENT;
  }

  /** Contents of operations that have not begun. */
  get size(): number {
    return this.#waitingContents;
  }

  /** Clients of whom operations wait, and the contents of those. */
  *counts(): Generator<readonly [client: Client, count: number], void, undefined> {
    for (const [client, { waitingContents }] of this.#clients) yield [client, waitingContents];
  }

  /** The operations of a client that wait, the newest first. */
  *newestOf(client: Client): Generator<Held, void, undefined> {
    const asked = this.#clients.get(client);
    if (asked === undefined) return;
    for (const operation of [...asked.waiting].reverse()) {
      yield {
        count: operation.contents,
        refuse: (reason) => {
          this.#take(asked, operation);
          operation.refuse(reason);
        },
      };
    }
  }

  /**
   * Resolves when an operation may begin: at once where its client has little under way, else when enough of that has ended.
   * A small one passes by large ones, until so much has passed that the large one would wait for ever.
   *
   * @param contents that it asks for; none of it waits where there are none
   * @param turn its signal is aborted when the operation has ended, well or not: until then it counts
   * @throws OVERLOADED when too much waits, at once, or as soon as another client, of whom less waits, needs the room; the
   *   signal's reason
   */
  async enter(contents: number, { client, signal }: Asks): Promise<void> {
    signal.throwIfAborted();
    if (contents === 0) return;
    const asked = this.#clients.get(client) ?? { underWay: 0, waiting: new Set(), waitingContents: 0 };
    this.#clients.set(client, asked);
    try {
      const [first] = asked.waiting;
      if (this.#hasRoom(asked, contents) && this.#mayPass(first)) this.#count(asked, contents, first);
      else await this.#wait(asked, contents, { client, signal });
    } finally {
      this.#forget(client, asked);
    }
    const leave = (): void => {
      asked.underWay -= contents;
      this.#beginNext(asked);
      this.#forget(client, asked);
    };
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
    signal.throwIfAborted();
  }

  #hasRoom({ underWay }: Asked, contents: number): boolean {
    return underWay === 0 || underWay + contents <= this.#maxOfAClient;
  }

  /** Whether another operation may begin before the first one that has no room. */
  #mayPass(first: Waiting | undefined): boolean {
    return first === undefined || first.passed < this.#maxOfAClient;
  }

  #count(asked: Asked, contents: number, passedBy: Waiting | undefined): void {
    asked.underWay += contents;
    if (passedBy !== undefined) passedBy.passed += contents;
  }

  #wait(asked: Asked, contents: number, { client, signal }: Asks): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      makeRoom([this], { client, count: contents, max: this.#maxWaiting, refusal: queueFull });
      const leave = (): void => {
        this.#take(asked, operation);
        this.#beginNext(asked);
        reject(signal.reason as Error);
      };
      const operation: Waiting = {
        contents,
        passed: 0,
        begin: () => {
          signal.removeEventListener('abort', leave);
          resolve();
        },
        refuse: (reason) => {
          signal.removeEventListener('abort', leave);
          reject(reason);
        },
      };
      asked.waiting.add(operation);
      asked.waitingContents += contents;
      this.#waitingContents += contents;
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  /** Begins what has room now. */
  #beginNext(asked: Asked): void {
    let first: Waiting | undefined;
    for (const operation of asked.waiting) {
      if (!this.#mayPass(first)) return;
      if (!this.#hasRoom(asked, operation.contents)) {
        first ??= operation;
        continue;
      }
      this.#take(asked, operation);
      this.#count(asked, operation.contents, first);
      operation.begin();
    }
  }

  /** Takes an operation out of those that wait. */
  #take(asked: Asked, operation: Waiting): void {
    asked.waiting.delete(operation);
    asked.waitingContents -= operation.contents;
    this.#waitingContents -= operation.contents;
  }

  #forget(client: Client, asked: Asked): void {
    if (asked.underWay > 0 || asked.waiting.size > 0) return;
    if (this.#clients.get(client) === asked) this.#clients.delete(client);
  }
}
