import { stat } from 'node:fs/promises';
import type { Collection, Move, NewItem } from '../../engine/index.js';
import { ClipgraphError, type ErrorCode } from '../../errors/index.js';
import type { Origin, Row } from '../../stores/index.js';
import { readPicture } from '../named-files.js';
import { Lost } from './lost.js';
import { absolutePath } from './roots.js';
import { idOf, type Scope } from './scope.js';
import { fileIn, walk, type Walked } from '../walk.js';

/** Files that are looked up together. */
const MOST_TOGETHER = 128;

/** A file that has no item, or whose item is of what it was before. */
export interface RefusedFile {
  readonly file: string;
  readonly code: ErrorCode;
  readonly message: string;
}

/** What became of the files of a folder. */
export interface FolderReport {
  readonly folder: string;
  /** Files of each kind. */
  readonly added: number;
  readonly changed: number;
  readonly moved: number;
  readonly unchanged: number;
  /** Items whose files are gone, and that are gone, too. */
  readonly removed: number;
  /** Items whose files are gone, and that are kept: they were too many, or a folder could not be read. */
  readonly kept: number;
  readonly refused: readonly RefusedFile[];
  /** Files that are not named like pictures. */
  readonly others: number;
  /** Folders that could not be read: nothing was removed. */
  readonly unreadable: readonly string[];
}

export interface IndexOptions {
  /** Remove items of files that are gone, however many. */
  readonly prune: boolean;
  readonly signal: AbortSignal;
  /** Told of every picture that is done, and why it was refused. */
  readonly onDone?: ((refused: RefusedFile | undefined) => void) | undefined;
}

/** A file as it was just before it is read. */
interface SeenFile {
  readonly name: string;
  readonly id: string;
  readonly origin: Origin;
}

/** Brings the items of a folder in line with its files. */
class FolderIndex {
  readonly #collection: Collection;
  readonly #scope: Scope;
  readonly #options: IndexOptions;
  readonly #lost: Lost;
  readonly #refused: RefusedFile[] = [];
  readonly #unreadable: string[] = [];
  readonly #counts = { added: 0, changed: 0, moved: 0, unchanged: 0, removed: 0, kept: 0, others: 0 };

  constructor(collection: Collection, scope: Scope, options: IndexOptions) {
    this.#collection = collection;
    this.#scope = scope;
    this.#options = options;
    this.#lost = new Lost(collection, scope);
  }

  async run(): Promise<FolderReport> {
    await this.#takeInner();
    await this.#lost.find();
    await this.#addAll();
    await this.#removeLost();
    const { name: folder } = this.#scope;
    return { folder, ...this.#counts, refused: this.#refused, unreadable: this.#unreadable };
  }

  /** Items of folders in this one that were indexed by themselves become this one's. */
  async #takeInner(): Promise<void> {
    for (const { root, prefix } of this.#scope.inner) {
      for (;;) {
        const moves: Move[] = [];
        for await (const row of this.#collection.rows({ filter: { root }, limit: MOST_TOGETHER })) {
          if (row.origin !== null)
            moves.push(this.#moveTo(row.id, { ...row.origin, path: prefix + row.origin.path }));
        }
        if (moves.length === 0) break;
        await this.#collection.move(moves);
      }
    }
  }

  #moveTo(from: string, origin: Omit<Origin, 'root'>): Move {
    const { root } = this.#scope;
    const { path } = origin;
    return { from, to: { id: idOf(root, path), source: path, origin: { ...origin, root } } };
  }

  async #addAll(): Promise<void> {
    const underWay = new Map<number, { readonly file: SeenFile; readonly wasThere: boolean }>();
    let index = 0;
    const items = async function* (this: FolderIndex): AsyncGenerator<NewItem, undefined> {
      for await (const { file, before } of this.#toAdd()) {
        underWay.set(index++, { file, wasThere: before !== undefined });
        const { id, name, origin } = file;
        const image = { read: (maxBytes: number) => readPicture(name, maxBytes) };
        yield { id, content: { image }, source: origin.path, origin };
      }
      return undefined;
    }.call(this);
    const { signal } = this.#options;
    for await (const { index: at, result } of this.#collection.add(items, {}, { signal })) {
      const done = underWay.get(at);
      underWay.delete(at);
      if (done === undefined) continue;
      if (result instanceof ClipgraphError) this.#refuse(done.file.name, result);
      else this.#settle(!result.wasEmbedded ? 'unchanged' : done.wasThere ? 'changed' : 'added');
    }
  }

  /** The files whose items are to be made or looked at; the others are done at once. */
  async *#toAdd(): AsyncGenerator<{ readonly file: SeenFile; readonly before: Row | undefined }, undefined> {
    for await (const names of this.#batches()) {
      const files = (await Promise.all(names.map((name) => this.#look(name)))).filter(
        (file) => file !== undefined,
      );
      const rows = await this.#collection.rowsOf(files.map(({ id }) => id));
      const moves: Move[] = [];
      for (const [i, file] of files.entries()) {
        const before = rows[i];
        if (before !== undefined && isSameFile(before.origin, file.origin)) {
          this.#settle('unchanged');
          continue;
        }
        const from = before === undefined ? await this.#lost.claim(file) : undefined;
        if (from === undefined) yield { file, before };
        else moves.push(this.#moveTo(from, file.origin));
      }
      await this.#collection.move(moves);
      moves.forEach(() => {
        this.#settle('moved');
      });
    }
    return undefined;
  }

  /** Names of pictures, many at a time. */
  async *#batches(): AsyncGenerator<string[], undefined> {
    const { folder, rootFolder } = this.#scope;
    let batch: string[] = [];
    for await (const walked of walk(folder, rootFolder)) {
      if (walked.kind === 'picture') batch.push(walked.path);
      else this.#note(walked);
      if (batch.length < MOST_TOGETHER) continue;
      yield batch;
      batch = [];
    }
    yield batch;
    return undefined;
  }

  #note({ kind, path }: Walked): void {
    if (kind === 'other') this.#counts.others++;
    else if (kind === 'unreadable') this.#unreadable.push(path);
    else this.#refuse(this.#nameOf(path), new ClipgraphError('BAD_USER_INPUT', 'It is a link to nothing.'));
  }

  #nameOf(path: string): string {
    return fileIn(this.#scope.name, path);
  }

  async #look(relative: string): Promise<SeenFile | undefined> {
    const { root, rootFolder, prefix } = this.#scope;
    const path = prefix + relative;
    const name = this.#nameOf(relative);
    try {
      const { size: bytes, mtimeMs: modifiedMs } = await stat(absolutePath(rootFolder, path));
      return { name, id: idOf(root, path), origin: { root, path, bytes, modifiedMs } };
    } catch {
      this.#refuse(name, new ClipgraphError('BAD_USER_INPUT', 'It cannot be read, or is gone meanwhile.'));
      return undefined;
    }
  }

  #refuse(file: string, { code, message }: ClipgraphError): void {
    const refused = { file, code, message };
    this.#refused.push(refused);
    this.#options.onDone?.(refused);
  }

  #settle(kind: 'added' | 'changed' | 'moved' | 'unchanged'): void {
    this.#counts[kind]++;
    this.#options.onDone?.(undefined);
  }

  /** Where a folder could not be read, what is gone elsewhere may have moved into it. */
  async #removeLost(): Promise<void> {
    const { ids, isTooMany } = await this.#lost.unclaimed();
    if (this.#unreadable.length > 0 || (isTooMany && !this.#options.prune)) {
      this.#counts.kept = ids.length;
      return;
    }
    for (let at = 0; at < ids.length; at += MOST_TOGETHER) {
      this.#counts.removed += await this.#collection.remove(ids.slice(at, at + MOST_TOGETHER));
    }
  }
}

function isSameFile(before: Origin | null, { bytes, modifiedMs }: Origin): boolean {
  return before !== null && before.bytes === bytes && before.modifiedMs === modifiedMs;
}

/**
 * Brings the items of a folder in line with its files: what is new is embedded, what has another name keeps its vector, what
 * is as it was is not read. Only items of files of this folder that are gone are removed.
 *
 * @throws what concerns all of it: COLLECTION_FULL, MODEL_MISMATCH, STORE_UNAVAILABLE, …
 */
export function indexFolder(
  collection: Collection,
  scope: Scope,
  options: IndexOptions,
): Promise<FolderReport> {
  return new FolderIndex(collection, scope, options).run();
}
