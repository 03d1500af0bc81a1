import { ClipgraphError, isContentError } from '../../errors/index.js';
import { isSameJson, type CollectionSpec, type NewRow, type Origin, type Row } from '../../stores/index.js';
import type { Content } from '../content.js';
import { inBatches } from '../in-batches.js';
import type { RequestScope } from '../options.js';
import { workStream } from '../stream.js';
import { hashContent } from './content-hash.js';
import { embedFor, type OpenCollection } from './open-collection.js';
import { wholeRow } from './whole-row.js';

export interface ReindexOptions {
  /** The model's id or alias; the configured default if absent. */
  readonly model?: string | undefined;
  /** Leave out items whose contents cannot be had again, instead of changing nothing. Default false. */
  readonly dropMissing?: boolean | undefined;
  /** The file that an item was made of, where whoever asks knows where it is. */
  readonly fileOf?: ((origin: Origin) => string | undefined | Promise<string | undefined>) | undefined;
}

export interface ReindexProgress {
  readonly completed: number;
  readonly total: number;
  /** Items whose contents cannot be had again. */
  readonly missing: number;
  /** Those of them that were found since the last progress. */
  readonly missingIds: readonly string[];
  /** Whether the new collection has taken the place of the old one. */
  readonly isDone: boolean;
}

/** An item's new row; undefined where its content cannot be had again. */
type Remade = NewRow | undefined;

/** Rows that are looked up, or written, together. */
const MOST_TOGETHER = 64;

/** Writers wait only while so few items are made anew, or after so many passes. */
const FEW = 256;
const MOST_PASSES = 5;

/** Where the content of an item may still be had, the surest first. */
async function* contentsOf(
  { stored }: OpenCollection,
  { id, modality, text, source, origin, attachments }: Row,
  fileOf: ReindexOptions['fileOf'],
): AsyncGenerator<Content, undefined> {
  if (modality === 'TEXT' && text !== null) yield { text };
  if (modality !== 'IMAGE') return undefined; // A vector is of its model alone, and the parts of a blend are not kept.
  if (attachments.includes('original')) {
    const bytes = await stored.attachment(id, 'original');
    if (bytes !== undefined) yield { image: { bytes } };
  }
  const path = origin === null ? undefined : await fileOf?.(origin);
  if (path !== undefined) yield { image: { path } };
  if (source !== null && /^https?:\/\//.test(source)) yield { image: { url: source } };
  return undefined;
}

/** Makes rows of one collection anew in the space of another. */
class Remaker {
  readonly #from: OpenCollection;
  readonly #to: OpenCollection;
  readonly #options: ReindexOptions;

  constructor(from: OpenCollection, to: OpenCollection, options: ReindexOptions) {
    this.#from = from;
    this.#to = to;
    this.#options = options;
  }

  async remake(row: Row, scope: RequestScope): Promise<Remade> {
    const { space } = this.#to.spec;
    const isSameSpace =
      space.checksum === this.#from.spec.space.checksum && space.dtype === this.#from.spec.space.dtype;
    if (isSameSpace) return this.#rowOf(row, row.vector, row.image);
    for await (const content of contentsOf(this.#from, row, this.#options.fileOf)) {
      const made = await this.#embed(row, content, scope);
      if (made !== undefined) return made;
    }
    return undefined;
  }

  /** Undefined for what cannot be had, or is another content by now. */
  async #embed(row: Row, content: Content, scope: RequestScope): Promise<Remade> {
    const { embedder } = this.#to;
    const options = { model: this.#to.spec.model, truncate: true, normalize: true };
    try {
      const hashed = await hashContent(content, { embedder, options, scope });
      try {
        if (hashed.contentHash !== row.contentHash) return undefined;
        const { vector, image } = await embedFor(this.#to, content, options, scope);
        return await this.#rowOf(row, vector, image ?? row.image);
      } finally {
        hashed.release();
      }
    } catch (error) {
      if (isContentError(error) || isUnreadable(error)) return undefined;
      throw error;
    }
  }

  async #rowOf(row: Row, vector: Float32Array, image: NewRow['image']): Promise<NewRow> {
    return { ...(await wholeRow(this.#from.stored, row)), vector, image };
  }
}

/** A model without the tower for a content, and a file that cannot be read, make one item missing, not all of them. */
function isUnreadable(error: unknown): boolean {
  return error instanceof ClipgraphError && error.code === 'MODALITY_NOT_SUPPORTED';
}

function isUpToDate(row: Row, made: Row | undefined): boolean {
  return (
    made?.contentHash === row.contentHash &&
    made.source === row.source &&
    made.addedAt === row.addedAt &&
    isSameJson(made.metadata, row.metadata)
  );
}

/** What the new collection lacks of the old one, or has otherwise. */
async function* differing(from: OpenCollection, to: OpenCollection): AsyncGenerator<Row, undefined> {
  for await (const rows of inBatches(from.stored.scan(), MOST_TOGETHER)) {
    const made = await to.stored.get(rows.map(({ id }) => id));
    for (const [i, row] of rows.entries()) if (!isUpToDate(row, made[i])) yield row;
  }
  return undefined;
}

/** Takes out of the new collection what the old one has no longer. */
async function removeGone(from: OpenCollection, to: OpenCollection): Promise<void> {
  for await (const rows of inBatches(to.stored.scan(), MOST_TOGETHER)) {
    const ids = rows.map(({ id }) => id);
    const known = await from.stored.get(ids);
    const gone = ids.filter((_id, i) => known[i] === undefined);
    if (gone.length > 0) await to.stored.remove(gone);
  }
}

/** How the new collection takes the place of the old one. */
interface Swap {
  /** Holds up those who write to the old one. */
  readonly hold: () => Promise<void>;
  /** Puts the new one in its place. */
  readonly replace: () => Promise<void>;
}

/**
 * Makes the items of a collection anew in another one, until both have the same. What was written to the old one meanwhile is
 * found by going through it again, the last time while nobody of this process can write.
 *
 * @param to the new collection; what it has already from an earlier try is kept
 * @throws BAD_USER_INPUT when items are missing that must not be dropped: nothing is swapped then
 */
export async function* remakeAll(
  from: OpenCollection,
  to: OpenCollection,
  options: ReindexOptions,
  { hold, replace }: Swap,
  scope: RequestScope,
): AsyncGenerator<ReindexProgress, undefined> {
  const remaker = new Remaker(from, to, options);
  const missing = new Set<string>();
  let missingIds: string[] = [];
  let total = 0;
  const progress = async (isDone: boolean): Promise<ReindexProgress> => {
    const { count } = await to.stored.state();
    const told = { completed: count + missing.size, total, missing: missing.size, missingIds, isDone };
    missingIds = [];
    return told;
  };
  let isHeld = false;
  let left = Infinity;
  for (let pass = 1; ; pass++) {
    if (left <= FEW || pass > MOST_PASSES) {
      await hold();
      isHeld = true;
    }
    const before = await from.stored.state();
    total = before.count;
    await removeGone(from, to);
    let changed = 0;
    const rows = (async function* () {
      for await (const row of differing(from, to)) if (!missing.has(row.id)) yield row;
    })();
    const remade = workStream(
      to.embedder,
      rows,
      async (row, own) => ({ id: row.id, row: await remaker.remake(row, own) }),
      scope,
    );
    let batch: NewRow[] = [];
    for await (const { result } of remade) {
      if (result instanceof ClipgraphError) throw result;
      changed++;
      if (result.row === undefined) {
        missing.add(result.id);
        missingIds.push(result.id);
      } else batch.push(result.row);
      if (batch.length + missingIds.length < MOST_TOGETHER) continue;
      if (batch.length > 0) await to.stored.upsert(batch);
      batch = [];
      yield await progress(false);
    }
    if (batch.length > 0) await to.stored.upsert(batch);
    yield await progress(false);
    if (missing.size > 0 && options.dropMissing !== true) {
      const message = `${missing.size} of ${total} items of ${from.spec.name} cannot be made anew: neither a text, nor the picture as it was sent, nor a file or an address that still gives it is there. Nothing was changed. Leave them out with dropMissing, or add them again first.`;
      throw new ClipgraphError('BAD_USER_INPUT', message);
    }
    const after = await from.stored.state();
    // Who writes from another process may come between: then it is gone through once more.
    const isSettled = changed === 0 && after.updatedAt === before.updatedAt && after.count === before.count;
    if (isHeld && isSettled) break;
    left = changed;
  }
  const done = await progress(true); // Counted before: what is replaced is closed.
  await replace();
  yield done;
  return undefined;
}

/** What the new collection is made with: all that the old one was, but for its space. */
export function specBeside(
  { spec }: OpenCollection,
  name: string,
  made: Pick<CollectionSpec, 'space' | 'model'>,
): CollectionSpec {
  // Another one than the old one for everybody who has that open.
  return { ...spec, ...made, name, createdAt: Date.now() };
}
