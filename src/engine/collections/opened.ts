import { ClipgraphError } from '../../errors/index.js';
import type { CollectionSpec, StoredCollection } from '../../stores/index.js';
import type { Store } from '../../stores/store.js';
import { gated, WriteGate } from './write-gate.js';

/** A collection and where it is. */
export interface Place {
  readonly spec: CollectionSpec;
  readonly store: Store;
}

interface Opened extends Place {
  readonly stored: Promise<StoredCollection>;
  readonly gate: WriteGate;
}

/** The same collection, and not another one of its name. */
export function isSame(a: Place, b: Place): boolean {
  return (
    a.store === b.store &&
    a.spec.createdAt === b.spec.createdAt &&
    a.spec.space.checksum === b.spec.space.checksum
  );
}

function begin(place: Place): Opened {
  const { spec, store } = place;
  const gate = new WriteGate();
  const open = async (): Promise<StoredCollection> => {
    const stored = await (await store.plugin()).open(spec.name);
    if (isSame({ store, spec: stored.spec }, place)) return gated(stored, gate);
    // Another took its place since it was looked up, maybe of another space: what was meant for this one is not for that.
    await stored.close();
    const message = `The collection ${spec.name} was replaced meanwhile. Ask again.`;
    throw new ClipgraphError('COLLECTION_NOT_FOUND', message);
  };
  return { ...place, stored: open(), gate };
}

/** The collections that are open: one under each name. */
export class OpenedCollections {
  readonly #opened = new Map<string, Opened>();

  /**
   * The collection of a place; what was open under its name and is another one is closed.
   *
   * @throws COLLECTION_NOT_FOUND where another has taken its place, STORE_UNAVAILABLE
   */
  async open(place: Place): Promise<StoredCollection> {
    const { name } = place.spec;
    const known = this.#opened.get(name);
    const opened = known !== undefined && isSame(known, place) ? known : begin(place);
    this.#opened.set(name, opened);
    const before = opened === known ? undefined : known;
    try {
      const stored = await opened.stored;
      await closed(before);
      return stored;
    } catch (error) {
      if (this.#opened.get(name) !== opened) await closed(before);
      else if (before === undefined) this.#opened.delete(name);
      else this.#opened.set(name, before); // Others are at work with it.
      throw error;
    }
  }

  /** What writers to the collection that is open under a name pass. */
  gateOf(name: string): WriteGate | undefined {
    return this.#opened.get(name)?.gate;
  }

  async forget(name: string): Promise<void> {
    const known = this.#opened.get(name);
    this.#opened.delete(name);
    await closed(known);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#opened.keys()].map((name) => this.forget(name)));
  }
}

async function closed(opened: Opened | undefined): Promise<void> {
  const stored = await opened?.stored.catch(() => undefined);
  await stored?.close();
}
