import { setMaxListeners } from 'node:events';
import { ClipgraphError } from '../../errors/index.js';
import type { CollectionSpec, StoredCollection } from '../../stores/index.js';
import type { StoreRegistry } from '../../stores/registry.js';
import type { Store } from '../../stores/store.js';
import type { Embedder } from '../embedder.js';
import { Collection } from './collection.js';
import type { CollectionWatchers, OpenCollection } from './open-collection.js';

export type { CollectionWatchers } from './open-collection.js';

/** What a collection is created with. */
export interface NewCollection {
  /** 1 to 64 of a-z, 0-9, `-` and `_`. */
  readonly name: string;
  readonly description?: string | null | undefined;
  /** A model's id or alias; the configured default if absent. */
  readonly model?: string | null | undefined;
  /** A configured store; the default one if absent. */
  readonly store?: string | null | undefined;
  /** Whether small pictures are kept. Default false. */
  readonly thumbnails?: boolean | undefined;
  /** Whether texts are kept; else their hash alone. Default true. */
  readonly keepText?: boolean | undefined;
  /** Whether pictures are kept as they were sent. Default false. */
  readonly keepOriginals?: boolean | undefined;
}

interface CollectionsParts extends CollectionWatchers {
  readonly embedder: Embedder;
  readonly stores: StoreRegistry;
}

/** A collection and where it is. */
interface Place {
  readonly spec: CollectionSpec;
  readonly store: Store;
}

interface Opened extends Place {
  readonly stored: Promise<StoredCollection>;
}

const NAME = /^[a-z0-9_-]{1,64}$/;
const LONGEST_DESCRIPTION = 1000;
/** Of collections that are being made anew beside another. No client sees them. */
export const UNFINISHED = '__reindex-';

function checkName(name: string): void {
  if (NAME.test(name) && !name.startsWith(UNFINISHED)) return;
  const message = `The name of a collection is 1 to 64 of a-z, 0-9, "-" and "_"${NAME.test(name) ? `, and does not begin with ${UNFINISHED}` : ''}.`;
  throw new ClipgraphError('BAD_USER_INPUT', message, { input: { argument: 'name', index: 0 } });
}

/** The same collection, and not another one of its name. */
function isSame(a: Place, b: Place): boolean {
  return (
    a.store === b.store &&
    a.spec.createdAt === b.spec.createdAt &&
    a.spec.space.checksum === b.spec.space.checksum
  );
}

/** The collections of all configured stores. A name is one collection's over all of them. */
export class Collections {
  readonly #parts: CollectionsParts;
  readonly #opened = new Map<string, Opened>();
  readonly #closing = new AbortController();
  #creating: Promise<unknown> = Promise.resolve();

  constructor(parts: CollectionsParts) {
    setMaxListeners(0, this.#closing.signal); // One for each grouping.
    this.#parts = parts;
  }

  /** The stores that the configuration names, the default one first. */
  get stores(): readonly Store[] {
    return this.#parts.stores.configured();
  }

  /**
   * All collections, in the order of their names.
   *
   * @throws STORE_UNAVAILABLE when a store cannot be asked
   */
  async list(): Promise<Collection[]> {
    const places = await this.#places();
    const visible = places.filter(({ spec }) => !spec.name.startsWith(UNFINISHED));
    const byName = visible.sort((a, b) => (a.spec.name < b.spec.name ? -1 : 1));
    return byName.map((place) => this.#collectionAt(place));
  }

  /**
   * @throws COLLECTION_EXISTS, COLLECTION_FULL for one more than `limits.maxCollections`, BAD_USER_INPUT, MODEL_NOT_FOUND,
   *   STORE_NOT_FOUND, STORE_UNAVAILABLE
   */
  create(given: NewCollection): Promise<Collection> {
    // One after the other: names are one over all stores, and no store knows the others.
    const created = this.#creating.then(() => this.#create(given));
    this.#creating = created.catch(() => undefined);
    return created;
  }

  /**
   * Creates a collection as it was elsewhere, in whatever space: what an export holds.
   *
   * @param store a configured store; the default one if absent
   * @throws COLLECTION_EXISTS, COLLECTION_FULL, BAD_USER_INPUT, STORE_NOT_FOUND, STORE_UNAVAILABLE
   */
  restore(spec: CollectionSpec, store?: string): Promise<Collection> {
    const created = this.#creating.then(() => {
      checkName(spec.name);
      return this.#createAs(spec, this.#parts.stores.getConfigured(store));
    });
    this.#creating = created.catch(() => undefined);
    return created;
  }

  /**
   * Removes a collection with all that is kept of it.
   *
   * @returns whether it was there
   * @throws STORE_UNAVAILABLE
   */
  async delete(name: string): Promise<boolean> {
    const place = await this.#find(name);
    if (place === undefined) return false;
    const isGone = await (await place.store.plugin()).drop(name);
    await this.#forget(name);
    return isGone;
  }

  /**
   * @throws COLLECTION_NOT_FOUND, STORE_UNAVAILABLE
   */
  async get(name: string): Promise<Collection> {
    const place = await this.#find(name);
    if (place !== undefined) return this.#collectionAt(place);
    const message = 'There is no collection of this name. Query collections { name } for the names.';
    throw new ClipgraphError('COLLECTION_NOT_FOUND', message);
  }

  /** Ends what is under way, and closes the stores. */
  async close(): Promise<void> {
    this.#closing.abort(new ClipgraphError('STORE_UNAVAILABLE', 'The collections are being closed.'));
    const opened = [...this.#opened.values()];
    this.#opened.clear();
    await Promise.all(opened.map(closed));
    await this.#parts.stores.close();
  }

  async #create(given: NewCollection): Promise<Collection> {
    const { embedder, stores } = this.#parts;
    const { name, description, thumbnails = false, keepText = true, keepOriginals = false } = given;
    checkName(name);
    if ((description?.length ?? 0) > LONGEST_DESCRIPTION) {
      const message = `A description has ${LONGEST_DESCRIPTION} characters at most.`;
      throw new ClipgraphError('BAD_USER_INPUT', message, { input: { argument: 'description', index: 0 } });
    }
    const store = stores.getConfigured(given.store ?? undefined);
    const model = embedder.models.get(given.model ?? undefined);
    const space = await embedder.space({ model: model.id });
    const spec: CollectionSpec = {
      ...{ name, description: description ?? null, space, model: model.id },
      ...{ thumbnails, keepText, keepOriginals, createdAt: Date.now() },
    };
    return this.#createAs(spec, store);
  }

  /** @throws COLLECTION_EXISTS, COLLECTION_FULL, STORE_UNAVAILABLE */
  async #createAs(spec: CollectionSpec, store: Store): Promise<Collection> {
    const { name } = spec;
    const places = await this.#places();
    if (places.some(({ spec }) => spec.name === name)) {
      const message = `There is a collection named ${name} already. Choose another name, or delete it first.`;
      throw new ClipgraphError('COLLECTION_EXISTS', message);
    }
    const { maxCollections } = this.#parts.embedder.limits;
    if (places.length >= maxCollections) {
      const message = `There are ${places.length} collections; the limit is ${maxCollections} (limits.maxCollections). Delete one that is not needed.`;
      throw new ClipgraphError('COLLECTION_FULL', message);
    }
    await (await store.plugin()).create(spec);
    return this.#collectionAt({ spec, store });
  }

  /** Where every collection is. */
  async #places(): Promise<Place[]> {
    const lists = await Promise.all(
      this.stores.map(async (store) =>
        (await (await store.plugin()).list()).map((spec) => ({ spec, store })),
      ),
    );
    return lists.flat();
  }

  /** Where a collection is; a store that cannot be asked matters only where no other one has it. */
  async #find(name: string): Promise<Place | undefined> {
    if (!NAME.test(name)) return undefined;
    let failure: unknown;
    for (const store of this.stores) {
      try {
        const specs = await (await store.plugin()).list();
        const spec = specs.find((each) => each.name === name);
        if (spec !== undefined) return { spec, store };
      } catch (error) {
        failure ??= error;
      }
    }
    if (failure !== undefined) throw failure as Error;
    return undefined;
  }

  #collectionAt(place: Place): Collection {
    const { models } = this.#parts.embedder;
    return new Collection({ ...place, models, open: () => this.#openAt(place) });
  }

  /** The collection, open; what was open under its name and is another one by now is closed. */
  async #openAt(place: Place): Promise<OpenCollection> {
    const { spec, store } = place;
    const { embedder, ...watchers } = this.#parts;
    let known = this.#opened.get(spec.name);
    if (known === undefined || !isSame(known, place)) {
      const before = this.#opened.get(spec.name);
      known = { ...place, stored: store.plugin().then((plugin) => plugin.open(spec.name)) };
      this.#opened.set(spec.name, known);
      await closed(before);
    }
    try {
      const closing = this.#closing.signal;
      return { spec, store, stored: await known.stored, embedder, watchers, closing };
    } catch (error) {
      if (this.#opened.get(spec.name) === known) this.#opened.delete(spec.name);
      throw error;
    }
  }

  async #forget(name: string): Promise<void> {
    const known = this.#opened.get(name);
    this.#opened.delete(name);
    await closed(known);
  }
}

async function closed(opened: Opened | undefined): Promise<void> {
  const stored = await opened?.stored.catch(() => undefined);
  await stored?.close();
}
