import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { inBatches, type Collection } from '../../engine/index.js';
import type { Origin, Row } from '../../stores/index.js';
import { absolutePath } from './roots.js';
import type { Scope } from './scope.js';

/** Files that are looked for together. */
const MOST_TOGETHER = 64;

/** An item whose file is gone. */
interface LostItem {
  readonly id: string;
  readonly contentHash: string;
  readonly origin: Origin;
}

/** Whether no file has this name; one that may not be looked at may be there. */
async function isGone(file: string): Promise<boolean> {
  try {
    await stat(file);
    return false;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ENOTDIR';
  }
}

async function hashOfFile(file: string): Promise<string | undefined> {
  const digest = createHash('sha256');
  try {
    for await (const chunk of createReadStream(file, { highWaterMark: 2 ** 20 }))
      digest.update(chunk as Buffer);
    return digest.digest('hex');
  } catch {
    return undefined; // Whoever embeds it says why.
  }
}

/** The items of a folder whose files are gone: some have moved. */
export class Lost {
  readonly #collection: Collection;
  readonly #scope: Scope;
  /** By size in bytes, so that a new file is read only where it can be one of them. */
  readonly #bySize = new Map<number, LostItem[]>();
  #items = 0;

  constructor(collection: Collection, scope: Scope) {
    this.#collection = collection;
    this.#scope = scope;
  }

  /** Looks for the files of all items of the folder. */
  async find(): Promise<void> {
    const { root, prefix } = this.#scope;
    const rows = this.#collection.rows({ filter: { root } });
    for await (const batch of inBatches(rows, MOST_TOGETHER)) {
      const items = batch.flatMap(({ id, contentHash, origin }) =>
        origin?.path.startsWith(prefix) === true ? [{ id, contentHash, origin }] : [],
      );
      this.#items += items.length;
      await this.#look(items);
    }
  }

  async #look(items: readonly LostItem[]): Promise<void> {
    const gone = await Promise.all(items.map(({ origin }) => this.#isGone(origin)));
    for (const [i, item] of items.entries()) {
      if (!gone[i]) continue;
      const { bytes } = item.origin;
      this.#bySize.set(bytes, [...(this.#bySize.get(bytes) ?? []), item]);
    }
  }

  #isGone({ path }: Origin): Promise<boolean> {
    return isGone(absolutePath(this.#scope.rootFolder, path));
  }

  /** The id of the item that a new file was made into under its earlier name; no other file gets it then. */
  async claim({ origin }: { readonly origin: Origin }): Promise<Row['id'] | undefined> {
    const candidates = this.#bySize.get(origin.bytes) ?? [];
    if (candidates.length === 0) return undefined;
    const digest = await hashOfFile(absolutePath(this.#scope.rootFolder, origin.path));
    const at = candidates.findIndex(({ contentHash }) => contentHash === digest);
    if (at === -1) return undefined;
    const [{ id }] = candidates.splice(at, 1);
    return id;
  }

  /** The items whose files are gone and were not found under another name, and whether they are more than half of the folder's. */
  async unclaimed(): Promise<{ readonly ids: string[]; readonly isTooMany: boolean }> {
    const ids: string[] = [];
    for (const { id, origin } of [...this.#bySize.values()].flat()) {
      if (await this.#isGone(origin)) ids.push(id); // It may be there again.
    }
    return { ids, isTooMany: 2 * ids.length > this.#items };
  }
}
