import { setMaxListeners } from 'node:events';
import { ClipgraphError } from '../../errors/index.js';
import { differencesOf } from '../../models/index.js';
import type { CollectionSpec } from '../../stores/index.js';
import type { StoreRegistry } from '../../stores/registry.js';
import type { Store } from '../../stores/store.js';
import type { Embedder } from '../embedder.js';
import type { RequestScope } from '../options.js';
import { endingStream } from '../ending-stream.js';
import { Collection } from './collection.js';
import { besideOf, checkNewCollection, isName, isUnfinished, type NewCollection } from './new-collection.js';
import type { CollectionWatchers, OpenCollection } from './open-collection.js';
import { isSame, OpenedCollections, type Place } from './opened.js';
import { remakeAll, specBeside, type ReindexOptions, type ReindexProgress } from './reindex.js';

export type { CollectionWatchers } from './open-collection.js';

interface CollectionsParts extends CollectionWatchers {
  readonly embedder: Embedder;
  readonly stores: StoreRegistry;
}

/** The collections of all configured stores. A name is one collection's over all of them. */
export class Collections {
  readonly #parts: CollectionsParts;
  readonly #opened = new OpenedCollections();
  /** Names of those that are being made anew. */
  readonly #remaking = new Set<string>();
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
    const visible = places.filter(({ spec }) => !isUnfinished(spec.name));
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
      checkNewCollection(spec);
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
    const plugin = await place.store.plugin();
    // Before, so that it does not take the place of what is dropped; and after, had it been begun in between.
    await plugin.drop(besideOf(name));
    const isGone = await plugin.drop(name);
    await plugin.drop(besideOf(name));
    await Promise.all([this.#opened.forget(name), this.#opened.forget(besideOf(name))]);
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

  /**
   * Makes a collection anew in another model's space, beside the old one, which is searched meanwhile; the new one takes its
   * place when it is whole. One that was not finished is gone on with.
   *
   * @throws COLLECTION_NOT_FOUND, MODEL_NOT_FOUND; BAD_USER_INPUT when items are missing that must not be dropped, or the
   *   same is under way already
   */
  reindex(
    name: string,
    options: ReindexOptions,
    { signal, ...place }: RequestScope,
  ): AsyncIterableIterator<ReindexProgress, undefined> {
    return endingStream(signal, (ending) => this.#reindex(name, options, { ...place, signal: ending }));
  }

  async *#reindex(
    name: string,
    options: ReindexOptions,
    scope: RequestScope,
  ): AsyncGenerator<ReindexProgress, undefined> {
    const place = await this.get(name);
    if (this.#remaking.has(name)) {
      throw new ClipgraphError('BAD_USER_INPUT', `The collection ${name} is being made anew already.`);
    }
    this.#remaking.add(name);
    const from = await this.#openAt(place);
    const gate = this.#opened.gateOf(name);
    try {
      const beside = await this.#beside(from, options.model);
      const to = await this.#openAt(beside);
      const hold = (): Promise<void> => gate?.close() ?? Promise.resolve();
      const replace = async (): Promise<void> => {
        const plugin = await place.store.plugin();
        await plugin.rename(beside.spec.name, name, { replace: true });
        const message = `The collection ${name} was made anew meanwhile. Add the item again.`;
        gate?.open(new ClipgraphError('MODEL_MISMATCH', message));
        await Promise.all([this.#opened.forget(name), this.#opened.forget(beside.spec.name)]);
      };
      return yield* remakeAll(from, to, options, { hold, replace }, scope);
    } finally {
      gate?.open();
      this.#remaking.delete(name);
    }
  }

  /** The collection that is made beside another; of another space than is wanted now, it is begun anew. */
  async #beside(from: OpenCollection, model: string | undefined): Promise<Place> {
    const { embedder } = this.#parts;
    const { id } = embedder.models.get(model);
    const space = await embedder.space({ model: id });
    const plugin = await from.store.plugin();
    const spec = specBeside(from, besideOf(from.spec.name), { space, model: id });
    const begun = (await plugin.list()).find(({ name }) => name === spec.name);
    if (begun !== undefined && differencesOf(begun.space, space).length === 0) {
      return { spec: begun, store: from.store };
    }
    if (begun !== undefined) await plugin.drop(spec.name);
    await plugin.create(spec);
    return { spec, store: from.store };
  }

  /** Ends what is under way, and closes the stores. */
  async close(): Promise<void> {
    this.#closing.abort(new ClipgraphError('STORE_UNAVAILABLE', 'The collections are being closed.'));
    await this.#opened.close();
    await this.#parts.stores.close();
  }

  async #create(given: NewCollection): Promise<Collection> {
    const { embedder, stores } = this.#parts;
    const { name, description, thumbnails = false, keepText = true, keepOriginals = false } = given;
    checkNewCollection(given);
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
    if (!isName(name) || isUnfinished(name)) return undefined;
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
    const open = (): Promise<OpenCollection> => this.#openAt(place);
    return new Collection({ ...place, models, open, openSuccessor: () => this.#openSuccessor(place) });
  }

  async #openAt(place: Place): Promise<OpenCollection> {
    const { embedder, ...watchers } = this.#parts;
    const stored = await this.#opened.open(place);
    return { ...place, stored, embedder, watchers, closing: this.#closing.signal };
  }

  /** What has taken a collection's place under its name; undefined where nothing has. */
  async #openSuccessor(place: Place): Promise<OpenCollection | undefined> {
    const now = await this.#find(place.spec.name).catch(() => undefined);
    return now === undefined || isSame(now, place) ? undefined : this.#openAt(now);
  }
}
