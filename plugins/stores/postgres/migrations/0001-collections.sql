-- {schema} is the schema of stores.postgres.schema. The items of a collection are in a table of their own: tables.ts.
create table {schema}.collections (
  number integer generated always as identity primary key,
  name text collate "C" not null unique,
  description text,
  checksum text not null,
  dtype text not null,
  dimensions integer not null,
  model text not null,
  thumbnails boolean not null,
  keep_text boolean not null,
  keep_originals boolean not null,
  created_at double precision not null
);

-- How many items each collection has: the sum over its stripes, so that writers do not wait for one row.
create table {schema}.tallies (
  collection integer not null,
  stripe smallint not null,
  items bigint not null,
  updated_at double precision not null,
  primary key (collection, stripe)
) with (fillfactor = 50);
