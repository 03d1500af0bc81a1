import { checkRow, type NewRow, type Row } from '../../stores/index.js';
import type { Content } from '../content.js';
import type { Embedding } from '../embedding.js';
import type { EmbedOptions, RequestScope } from '../options.js';
import type { HeldBytes } from '../picture-bytes.js';
import { patiently, workStream, type Many, type Streamed } from '../stream.js';
import { hashContent, type HashedContent } from './content-hash.js';
import { Gathering } from './gathering.js';
import { rowAfter, toItem, type Item } from './item.js';
import { embedFor, optionsFor, type OpenCollection } from './open-collection.js';
import { checkItem, type NewItem } from './new-item.js';
import { Room } from './room.js';

/** An item that is kept. */
export interface AddedItem {
  readonly item: Item;
  /** Whether it was made now; what was there already and is unchanged was not. */
  readonly wasEmbedded: boolean;
}

/** Rows that are written, or looked up, together. */
const MOST_TOGETHER = 64;

/** Adds items to a collection, each after the earlier ones of the same id. */
class Adder {
  readonly #open: OpenCollection;
  readonly #options: EmbedOptions;
  readonly #room: Room;
  readonly #lookUp: Gathering<string, Row | undefined>;
  readonly #write: Gathering<NewRow, undefined>;
  /** The latest of each id that is under way. */
  readonly #underWay = new Map<string, Promise<unknown>>();

  constructor(open: OpenCollection, options: EmbedOptions, room: Room) {
    const { stored } = open;
    this.#open = open;
    this.#options = options;
    this.#room = room;
    this.#lookUp = new Gathering((ids) => stored.get(ids), MOST_TOGETHER);
    this.#write = new Gathering<NewRow, undefined>(async (rows) => {
      await stored.upsert(rows);
      return [];
    }, MOST_TOGETHER);
  }

  async add(given: NewItem, scope: RequestScope): Promise<AddedItem> {
    const { embedder } = this.#open;
    const item = checkItem(given, embedder.limits.maxMetadataBytes);
    if (item.id != null) return this.#inTurn(item.id, () => this.#addHashed(item, undefined, scope));
    const hashed = await hashContent(item.content, { embedder, options: this.#options, scope });
    try {
      return await this.#inTurn(hashed.contentHash, () => this.#addHashed(item, hashed, scope));
    } finally {
      hashed.release();
    }
  }

  /** After what is under way with the same id. */
  async #inTurn(id: string, add: () => Promise<AddedItem>): Promise<AddedItem> {
    const before = this.#underWay.get(id);
    const added = before === undefined ? add() : before.then(add, add);
    this.#underWay.set(id, added);
    try {
      return await added;
    } finally {
      if (this.#underWay.get(id) === added) this.#underWay.delete(id);
    }
  }

  async #addHashed(item: NewItem, known: HashedContent | undefined, scope: RequestScope): Promise<AddedItem> {
    const { embedder } = this.#open;
    const hashed = known ?? (await hashContent(item.content, { embedder, options: this.#options, scope }));
    try {
      const id = item.id ?? hashed.contentHash;
      const before = await this.#lookUp.ask(id);
      const isSame =
        before?.contentHash === hashed.contentHash && before.modality === modalityOf(item.content);
      return isSame ? await this.#keep(item, before) : await this.#make(item, id, hashed, before, scope);
    } finally {
      hashed.release();
    }
  }

  /** What is there stays, but for what is said about it. */
  async #keep({ source, metadata, origin }: NewItem, before: Row): Promise<AddedItem> {
    const isChanged =
      metadata != null || (source != null && source !== before.source) || origin !== undefined;
    const { id, vector, modality, contentHash, text, image, addedAt } = before;
    const after: NewRow = {
      ...{ id, vector, modality, contentHash, text, image, addedAt },
      metadata: metadata ?? undefined,
      source: source ?? before.source,
      origin: origin ?? before.origin,
    };
    if (isChanged) await this.#upsert(after);
    return this.#added(after, before, false);
  }

  async #make(
    item: NewItem,
    id: string,
    { contentHash, picture }: HashedContent,
    before: Row | undefined,
    scope: RequestScope,
  ): Promise<AddedItem> {
    const { spec } = this.#open;
    const { content, source, metadata, origin } = item;
    // A copy of its own: what is held goes when the picture has been prepared.
    const original = spec.keepOriginals ? picture?.bytes : undefined;
    const load = { items: before === undefined ? 1 : 0, bytes: this.#room.bytesOf(item, original) };
    return this.#room.make(load, async () => {
      const embedding = await embedFor(this.#open, content, this.#options, scope);
      const thumbnail = await this.#thumbnail(picture, embedding, scope);
      const row: NewRow = {
        id,
        vector: embedding.vector,
        modality: embedding.modality,
        contentHash,
        text: spec.keepText ? (content.text ?? null) : null,
        source: source ?? content.image?.url ?? null,
        image: embedding.image ?? null,
        metadata: metadata ?? undefined,
        origin: origin ?? null,
        addedAt: Date.now(),
        thumbnail,
        original,
      };
      await this.#upsert(row);
      return this.#added(row, before, true);
    });
  }

  #thumbnail(
    held: HeldBytes | undefined,
    { image }: Embedding,
    scope: RequestScope,
  ): Promise<Uint8Array | undefined> {
    const { spec, embedder } = this.#open;
    if (!spec.thumbnails || held === undefined || image === undefined) return Promise.resolve(undefined);
    const picture = { held, image, options: this.#options };
    return patiently(() => embedder.thumbnail(picture, scope), scope);
  }

  async #upsert(row: NewRow): Promise<void> {
    // Here, where it is this item's own failure; a batch is all or nothing.
    checkRow(row, this.#open.spec.space.dimensions);
    await this.#write.ask(row);
  }

  #added(row: NewRow, before: Row | undefined, wasEmbedded: boolean): AddedItem {
    const { spec, store, watchers } = this.#open;
    watchers.onAdded?.({ store: store.name, wasEmbedded });
    return { item: toItem(spec.name, rowAfter(row, before)), wasEmbedded };
  }
}

function modalityOf({ text, image, vector }: Content): Embedding['modality'] {
  if (text !== undefined) return 'TEXT';
  if (image !== undefined) return 'IMAGE';
  return vector === undefined ? 'BLEND' : 'VECTOR';
}

/**
 * Adds any number of items, each result as soon as it is durable, in any order; a bounded number is under way. An item's
 * own failure stands in its place. What is there already with the same content is not embedded again.
 *
 * @throws COLLECTION_FULL before the item is embedded for which there is no room; STORE_UNAVAILABLE, MODEL_UNAVAILABLE, …
 */
export async function* addItems(
  open: OpenCollection,
  items: Many<NewItem>,
  options: EmbedOptions,
  scope: RequestScope,
): AsyncGenerator<Streamed<AddedItem>, undefined> {
  const { embedder } = open;
  const chosen = await optionsFor(open, options);
  const room = await Room.of(open);
  if (Array.isArray(items)) await room.checkAll(items as readonly NewItem[], chosen, scope);
  const adder = new Adder(open, chosen, room);
  yield* workStream(embedder, items, (item, own) => adder.add(item, own), scope);
  return undefined;
}
