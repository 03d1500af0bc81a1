import { ClipgraphError } from '../errors/index.js';
import type { TowerSource } from './contract.js';

/** What can be closed again. */
interface Closable {
  close(): Promise<void>;
}

interface Held<Opened> {
  readonly opened: Promise<Opened>;
  readonly bytes: number;
  /** Batches under way. */
  running: number;
  isOpen: boolean;
}

interface TowersHeldOptions<Opened> {
  /** Bytes of weights that may be held. */
  readonly maxBytes: number;
  readonly open: (source: TowerSource) => Promise<Opened>;
  /** Milliseconds for which a tower that could not be opened is not tried again: a batch's contents all ask for it. */
  readonly refusedMs?: number;
}

/** The towers that a worker holds: each is opened once, and those used least recently are closed for another one. */
export class TowersHeld<Opened extends Closable> {
  readonly #options: TowersHeldOptions<Opened>;
  /** In the order of their last use. */
  readonly #towers = new Map<string, Held<Opened>>();
  #openings = 0;

  constructor(options: TowersHeldOptions<Opened>) {
    this.#options = options;
  }

  /** Of those that are open. */
  get keys(): string[] {
    return [...this.#towers].filter(([, { isOpen }]) => isOpen).map(([key]) => key);
  }

  /** Bytes of weights that are held; above the budget while all of them are in use. */
  get bytes(): number {
    return [...this.#towers.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** How many were opened so far. */
  get openings(): number {
    return this.#openings;
  }

  /**
   * Does work with a tower, which stays open meanwhile.
   *
   * @throws MODEL_UNAVAILABLE for one that is larger than the budget; what opening it throws
   */
  async use<Result>(source: TowerSource, work: (tower: Opened) => Promise<Result>): Promise<Result> {
    const held = this.#towers.get(source.key) ?? this.#hold(source);
    this.#towers.delete(source.key);
    this.#towers.set(source.key, held);
    held.running++;
    try {
      return await work(await held.opened);
    } finally {
      held.running--;
    }
  }

  /** Closes all of them. */
  async close(): Promise<void> {
    const towers = [...this.#towers.values()];
    this.#towers.clear();
    await Promise.all(towers.map((held) => this.#end(held)));
  }

  /** Stands among the towers before anything is waited for, so that whoever asks meanwhile finds it. */
  #hold(source: TowerSource): Held<Opened> {
    const { bytes = 0, kind, manifest, key } = source;
    const { maxBytes, refusedMs = 1000 } = this.#options;
    if (bytes > maxBytes) {
      throw new ClipgraphError(
        'MODEL_UNAVAILABLE',
        `The ${kind} tower of ${manifest.model} has ${bytes} bytes of weights; a worker may hold ${maxBytes} (memory.maxModelBytes).`,
      );
    }
    this.#openings++;
    const held: Held<Opened> = {
      opened: this.#makeRoom(bytes).then(() => this.#options.open(source)),
      bytes,
      running: 0,
      isOpen: false,
    };
    held.opened.then(
      () => {
        held.isOpen = true;
      },
      () => {
        setTimeout(() => {
          if (this.#towers.get(key) === held) this.#towers.delete(key);
        }, refusedMs).unref();
      },
    );
    return held;
  }

  async #makeRoom(bytes: number): Promise<void> {
    let total = this.bytes + bytes;
    const closing: Promise<void>[] = [];
    for (const [key, held] of this.#towers) {
      if (total <= this.#options.maxBytes) break;
      if (held.running > 0) continue;
      this.#towers.delete(key);
      total -= held.bytes;
      closing.push(this.#end(held));
    }
    await Promise.all(closing);
  }

  async #end({ opened }: Held<Opened>): Promise<void> {
    await opened.then((tower) => tower.close()).catch(() => undefined);
  }
}
