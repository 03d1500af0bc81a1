import { setTimeout as delay } from 'node:timers/promises';
import { indexed } from './approximate.js';
import type { Session } from './connections.js';
import type { Place } from './place.js';
import { extentOf } from './search.js';
import { MOST_INDEXED_DIMENSIONS } from './tables.js';

/** An index is built when nobody has written for so long, or has not paused for so long: it slows what is written later. */
const QUIET_MS = 2000;
const LONGEST_MS = 30_000;
/** For building to begin, when the store is closed. */
const LONGEST_BEGIN_MS = 1000;
/** Vacuuming an indexed table reads the whole index: of the time, at most this share goes into it. */
const VACUUM_SHARE = 0.1;

/** Bytes of an item in the graph while it is built: its vector, links of both kinds, and what each carries besides. */
function graphBytes({ spec: { space }, settings: { hnsw } }: Place): number {
  return 2 * space.dimensions + 24 * hnsw.m + 200;
}

/** Builds the index over a collection's vectors, if it is large and has none. One server at a time does. */
export async function buildIndex(session: Session, place: Place): Promise<void> {
  const { names, number, table, types, spec, settings } = place;
  const { m, efConstruction, buildMemoryMb } = settings.hnsw;
  const [{ isOurs }] = await session.query<{ isOurs: boolean }>(
    'select pg_try_advisory_lock(hashtextextended($1, 0)) as "isOurs"',
    [`clipgraph ${names.schema} ${number}`],
  );
  if (!isOurs) return;
  const { items, isIndexed } = await extentOf(session, place);
  if (items <= settings.exactBelow || isIndexed === true) return;
  // Left half built by a server that was killed.
  if (isIndexed === false) {
    await session.query(`drop index concurrently if exists ${names.schema}.${names.vectorIndex(number)}`);
  }
  const kilobytes = Math.ceil(Math.min((1.2 * items * graphBytes(place)) / 1024, buildMemoryMb * 1024));
  await session.query(
    `select set_config('maintenance_work_mem', $1 || 'kB', false) from pg_settings
     where name = 'maintenance_work_mem' and setting::bigint < $1::bigint`,
    [String(kilobytes)],
  );
  await session.query(
    `create index concurrently ${names.vectorIndex(number)} on ${table}
     using hnsw (${indexed(types, spec.space.dimensions)} ${types}.halfvec_cosine_ops) with (m = ${m}, ef_construction = ${efConstruction})`,
  );
}

/** What a collection still needs. */
interface Chores {
  firstWriteAt?: number | undefined;
  timer?: NodeJS.Timeout | undefined;
  build?: () => Promise<void>;
  vacuum?: Promise<void> | undefined;
  isVacuumWanted: boolean;
}

/** What is done to tables after changes, one thing at a time for each collection. */
export class Upkeep {
  readonly #chores = new Map<string, Chores>();
  #isClosed = false;

  /** Has the index built soon, where a collection has grown large. */
  afterUpsert(place: Place): void {
    if (this.#isClosed || place.spec.space.dimensions > MOST_INDEXED_DIMENSIONS) return;
    const chores = this.#choresOf(place);
    chores.firstWriteAt ??= Date.now();
    clearTimeout(chores.timer);
    chores.build = () => this.#build(place);
    const wait = Math.min(QUIET_MS, Math.max(0, chores.firstWriteAt + LONGEST_MS - Date.now()));
    chores.timer = setTimeout(() => {
      chores.firstWriteAt = chores.timer = undefined;
      void this.#build(place);
    }, wait);
    chores.timer.unref();
  }

  /**
   * Frees what removed rows took. Where there is no index it waits for that; vacuuming a large one may take minutes, and is done
   * beside what follows.
   */
  async afterRemove(place: Place, isIndexed: boolean): Promise<void> {
    const chores = this.#choresOf(place);
    if (!isIndexed) {
      await vacuum(place).catch(() => undefined); // The rows are gone; the server's own vacuum frees them later.
      return;
    }
    chores.isVacuumWanted = true;
    chores.vacuum ??= this.#vacuumSlowly(place, chores);
  }

  /** Begins what is still to be built, and leaves it to the server. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const pending = [...this.#chores.values()].filter(({ timer }) => timer !== undefined);
    for (const { timer } of pending) clearTimeout(timer);
    const building = Promise.all(pending.flatMap(({ build }) => (build === undefined ? [] : [build()])));
    await Promise.race([building, delay(LONGEST_BEGIN_MS, undefined, { ref: false })]);
  }

  #choresOf({ table }: Place): Chores {
    let chores = this.#chores.get(table);
    if (chores === undefined) {
      chores = { isVacuumWanted: false };
      this.#chores.set(table, chores);
    }
    return chores;
  }

  async #build(place: Place): Promise<void> {
    // What fails is tried again after the next change; until then every item is looked at.
    await place.connections.alone((session) => buildIndex(session, place)).catch(() => undefined);
  }

  async #vacuumSlowly(place: Place, chores: Chores): Promise<void> {
    while (chores.isVacuumWanted && !this.#isClosed) {
      chores.isVacuumWanted = false;
      const from = performance.now();
      await vacuum(place).catch(() => undefined);
      const rest = (performance.now() - from) * (1 / VACUUM_SHARE - 1);
      await delay(Math.min(rest, 2 ** 31 - 1), undefined, { ref: false });
    }
    chores.vacuum = undefined;
  }
}

function vacuum({ connections, table }: Place): Promise<unknown> {
  return connections.alone((session) => session.query(`vacuum (skip_locked) ${table}`));
}
