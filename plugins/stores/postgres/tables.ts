import { ClipgraphError, type CollectionSpec } from 'clipgraph/store';

/** What pgvector keeps in a column, and what its index of half precision takes. Source: pgvector's README. */
const MOST_DIMENSIONS = 16_000;
export const MOST_INDEXED_DIMENSIONS = 4000;
/** Up to here a vector, the longest id and the pointers to all else fit a page of 8 kB. */
const MOST_IN_LINE = 1600;
/** Of a page. Source: `toast_tuple_target` in PostgreSQL's documentation of CREATE TABLE. */
const LONGEST_TUPLE = 8160;
/** Texts and metadata that stay beside the vector, where a filter reads them without a detour. */
const BYTES_BESIDE = 2048;

/**
 * The statements that make the table of a collection's items. A vector stays in the row where it fits: a search that looks at
 * all of them would else read each from another table.
 *
 * @param table with its schema
 * @param types the schema of pgvector
 * @throws BAD_USER_INPUT for more dimensions than pgvector keeps
 */
export function itemsTable(table: string, types: string, { space: { dimensions } }: CollectionSpec): string {
  if (dimensions > MOST_DIMENSIONS) {
    const message = `PostgreSQL keeps vectors of up to ${MOST_DIMENSIONS} dimensions; these have ${dimensions}.`;
    throw new ClipgraphError('BAD_USER_INPUT', message);
  }
  const isInLine = dimensions <= MOST_IN_LINE;
  const target = isInLine ? Math.min(LONGEST_TUPLE, 4 * dimensions + BYTES_BESIDE) : BYTES_BESIDE;
  return `create table ${table} (
      id text collate "C" primary key,
      vector ${types}.vector(${dimensions}) not null,
      modality text not null,
      content_hash text not null,
      text text,
      source text,
      image jsonb,
      metadata jsonb, -- null: never given
      origin_root text,
      origin_path text,
      origin_bytes double precision,
      origin_modified double precision,
      added_at double precision not null,
      thumbnail bytea,
      original bytea
    ) with (toast_tuple_target = ${target});
    alter table ${table} alter column vector set storage ${isInLine ? 'plain' : 'external'},
      alter column thumbnail set storage external, alter column original set storage external;
    create index on ${table} using gin (metadata jsonb_path_ops)`;
}
