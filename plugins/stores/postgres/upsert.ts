import { compareBytes, type NewRow } from 'clipgraph/store';
import { bytesArray, float4Array, float8Array, textArray, TYPES } from './binary.js';
import type { Session } from './connections.js';
import type { Names } from './names.js';
import type { Place } from './place.js';

/** Bytes of one statement, about: PostgreSQL and this process hold them several times. */
const MOST_BYTES = 16 * 2 ** 20;
/** As many writers count at a time without waiting for each other. */
const STRIPES = 16;

function bytesOf({ vector, text, thumbnail, original }: NewRow): number {
  return 512 + vector.byteLength + (text?.length ?? 0) + (thumbnail?.length ?? 0) + (original?.length ?? 0);
}

/** Rows in statements of bounded size, of each id the last one, in the order of ids: two writers lock in the same order. */
function* chunksOf(rows: readonly NewRow[]): Generator<NewRow[]> {
  const last = new Map(rows.map((row) => [row.id, row]));
  const sorted = [...last.values()].sort((a, b) => compareBytes(a.id, b.id));
  let chunk: NewRow[] = [];
  let bytes = 0;
  for (const row of sorted) {
    if (bytes > 0 && bytes + bytesOf(row) > MOST_BYTES) {
      yield chunk;
      [chunk, bytes] = [[], 0];
    }
    chunk.push(row);
    bytes += bytesOf(row);
  }
  if (chunk.length > 0) yield chunk;
}

/** What is there with the same content keeps its time, and its attachments where none are given; metadata stay unless given. */
function statementOf({ table, types, spec: { space } }: Place): string {
  const d = space.dimensions;
  return `with kept as (
    insert into ${table} as before (id, vector, modality, content_hash, text, source, image, metadata, origin_root, origin_path,
      origin_bytes, origin_modified, added_at, thumbnail, original)
    select id, (($2::float4[])[(n - 1) * ${d} + 1 : n * ${d}])::${types}.vector, modality, content_hash, text, source, image::jsonb,
      metadata::jsonb, origin_root, origin_path, origin_bytes, origin_modified, added_at, thumbnail, original
    from unnest($1::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
      $11::float8[], $12::float8[], $13::float8[], $14::bytea[], $15::bytea[]) with ordinality
      as given (id, modality, content_hash, text, source, image, metadata, origin_root, origin_path, origin_bytes,
        origin_modified, added_at, thumbnail, original, n)
    on conflict (id) do update set vector = excluded.vector, modality = excluded.modality, content_hash = excluded.content_hash,
      text = excluded.text, source = excluded.source, image = excluded.image,
      metadata = coalesce(excluded.metadata, before.metadata), origin_root = excluded.origin_root,
      origin_path = excluded.origin_path, origin_bytes = excluded.origin_bytes, origin_modified = excluded.origin_modified,
      added_at = case when before.content_hash = excluded.content_hash then before.added_at else excluded.added_at end,
      thumbnail = coalesce(excluded.thumbnail, case when before.content_hash = excluded.content_hash then before.thumbnail end),
      original = coalesce(excluded.original, case when before.content_hash = excluded.content_hash then before.original end)
    returning before.xmax = 0 as is_new
  ) select count(*) filter (where is_new)::int as added from kept`;
}

function json(value: unknown): string | null {
  return value === undefined || value === null ? null : JSON.stringify(value);
}

function valuesOf(rows: readonly NewRow[], dimensions: number): Buffer[] {
  const texts = (of: (row: NewRow) => string | null | undefined): Buffer =>
    textArray(rows.map((row) => of(row) ?? null));
  const numbers = (of: (row: NewRow) => number | undefined): Buffer =>
    float8Array(rows.map((row) => of(row) ?? null));
  const bytes = (of: (row: NewRow) => Uint8Array | undefined): Buffer =>
    bytesArray(
      TYPES.bytea,
      rows.map((row) => of(row) ?? null),
    );
  return [
    texts(({ id }) => id),
    float4Array(
      rows.map(({ vector }) => vector),
      dimensions,
    ),
    texts(({ modality }) => modality),
    texts(({ contentHash }) => contentHash),
    texts(({ text }) => text),
    texts(({ source }) => source),
    texts(({ image }) => json(image)),
    texts(({ metadata }) => json(metadata)),
    texts(({ origin }) => origin?.root),
    texts(({ origin }) => origin?.path),
    numbers(({ origin }) => origin?.bytes),
    numbers(({ origin }) => origin?.modifiedMs),
    numbers(({ addedAt }) => addedAt),
    bytes(({ thumbnail }) => thumbnail),
    bytes(({ original }) => original),
  ];
}

/** Counts items that came or went, and notes the time. */
async function tally(session: Session, names: Names, number: number, items: number): Promise<void> {
  await session.query(
    `insert into ${names.tallies} as before values ($1, pg_backend_pid() % ${STRIPES}, $2, floor(extract(epoch from clock_timestamp()) * 1000))
     on conflict (collection, stripe) do update
     set items = before.items + excluded.items, updated_at = greatest(before.updated_at, excluded.updated_at)`,
    [number, items],
  );
}

/** Keeps rows, within a transaction. */
export async function upsertWithin(session: Session, place: Place, rows: readonly NewRow[]): Promise<void> {
  const statement = statementOf(place);
  let added = 0;
  for (const chunk of chunksOf(rows)) {
    const values = valuesOf(chunk, place.spec.space.dimensions);
    const [{ added: more }] = await session.query<{ added: number }>(statement, values);
    added += more;
  }
  await tally(session, place.names, place.number, added);
}

/** Removes rows, within a transaction; locks them in the order of their ids, as writers do. */
export async function removeWithin(session: Session, place: Place, ids: readonly string[]): Promise<number> {
  const { table, names, number } = place;
  const [{ removed }] = await session.query<{ removed: number }>(
    `with meant as (select id from ${table} where id = any($1::text[]) order by id for update),
       gone as (delete from ${table} where id in (select id from meant) returning 1)
     select count(*)::int as removed from gone`,
    [ids],
  );
  if (removed > 0) await tally(session, names, number, -removed);
  return removed;
}
