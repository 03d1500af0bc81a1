import { ClipgraphError, isContentError } from '../../errors/index.js';
import type { CollectionState, NewRow } from '../../stores/index.js';
import type { EmbedOptions, RequestScope } from '../options.js';
import { hashContent } from './content-hash.js';
import type { NewItem } from './new-item.js';
import type { OpenCollection } from './open-collection.js';

/** Of a row beside what is reckoned: keys, columns, pages. An estimate. */
const ROW_BYTES = 256;
/** Ids that are looked up together. */
const MOST_TOGETHER = 256;

interface Load {
  readonly items: number;
  readonly bytes: number;
}

/** How much a collection may still take: what is under way is counted before it is there. */
export class Room {
  readonly #open: OpenCollection;
  /** What is there, and what came since it was asked. */
  #there: Load;
  #underWay: Load = { items: 0, bytes: 0 };

  private constructor(open: OpenCollection, { count, bytes }: CollectionState) {
    this.#open = open;
    this.#there = { items: count, bytes };
  }

  static async of(open: OpenCollection): Promise<Room> {
    return new Room(open, await open.stored.state());
  }

  /**
   * Makes something for which there is room, and counts it meanwhile; afterwards, if it is there.
   *
   * @throws COLLECTION_FULL before it is made; what making it throws
   */
  async make<Made>(load: Load, make: () => Promise<Made>): Promise<Made> {
    if (this.#excess(load) !== undefined) await this.#askAgain();
    this.#check(load);
    this.#underWay = sum(this.#underWay, load);
    try {
      const made = await make();
      this.#there = sum(this.#there, load);
      return made;
    } finally {
      this.#underWay = sum(this.#underWay, { items: -load.items, bytes: -load.bytes });
    }
  }

  /** What an item will take, about. */
  bytesOf({ content, metadata }: NewItem, original: Uint8Array | undefined): number {
    const { keepText, space } = this.#open.spec;
    const text = keepText ? (content.text?.length ?? 0) : 0;
    const said = metadata == null ? 0 : JSON.stringify(metadata).length;
    return ROW_BYTES + 4 * space.dimensions + text + said + (original?.length ?? 0);
  }

  /** What a row will take, about. */
  bytesOfRow({ vector, text, metadata, thumbnail, original }: NewRow): number {
    const said = metadata === undefined ? 0 : JSON.stringify(metadata).length;
    const beside = (thumbnail?.length ?? 0) + (original?.length ?? 0);
    return ROW_BYTES + vector.byteLength + (text?.length ?? 0) + said + beside;
  }

  /**
   * Refuses a list for which there is no room before any of it is embedded. Where all of it would fit, nothing is looked up.
   *
   * @throws COLLECTION_FULL
   */
  async checkAll(items: readonly NewItem[], options: EmbedOptions, scope: RequestScope): Promise<void> {
    const bytes = (some: readonly NewItem[]): number =>
      some.reduce((total, item) => total + this.bytesOf(item, undefined), 0);
    if (this.#excess({ items: items.length, bytes: bytes(items) }) === undefined) return;
    const { stored, embedder } = this.#open;
    const byId = new Map<string, NewItem>();
    for (const item of items) {
      try {
        const { contentHash, release } = await hashContent(item.content, { embedder, options, scope });
        release();
        byId.set(item.id ?? contentHash, item);
      } catch (error) {
        if (!isContentError(error)) throw error; // Its own failure takes no room.
      }
    }
    const ids = [...byId.keys()];
    const added: NewItem[] = [];
    for (let from = 0; from < ids.length; from += MOST_TOGETHER) {
      const rows = await stored.get(ids.slice(from, from + MOST_TOGETHER));
      for (const [i, row] of rows.entries()) {
        const item = byId.get(ids[from + i]);
        if (row === undefined && item !== undefined) added.push(item);
      }
    }
    this.#check({ items: added.length, bytes: bytes(added) });
  }

  async #askAgain(): Promise<void> {
    const { count, bytes } = await this.#open.stored.state();
    this.#there = { items: count, bytes };
  }

  /** The limit that would be exceeded. */
  #excess(load: Load): readonly [what: string, key: string, limit: number] | undefined {
    const { maxCollectionItems, maxCollectionBytes } = this.#open.embedder.limits;
    const { items, bytes } = sum(sum(this.#there, this.#underWay), load);
    if (load.items > 0 && items > maxCollectionItems)
      return ['items', 'maxCollectionItems', maxCollectionItems];
    return bytes > maxCollectionBytes ? ['bytes', 'maxCollectionBytes', maxCollectionBytes] : undefined;
  }

  #check(load: Load): void {
    const excess = this.#excess(load);
    if (excess === undefined) return;
    const [what, key, limit] = excess;
    const message = `The collection ${this.#open.spec.name} would hold more than ${limit} ${what} (limits.${key}). Remove items, or use another collection.`;
    throw new ClipgraphError('COLLECTION_FULL', message);
  }
}

function sum(a: Load, b: Load): Load {
  return { items: a.items + b.items, bytes: a.bytes + b.bytes };
}
