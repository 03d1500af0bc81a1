import type { SchemaElement } from 'hyparquet' with { 'resolution-mode': 'import' };

/** The key of the file's metadata under which the collection is described. */
export const HEADER_KEY = 'clipgraph';

const text = (name: string, isOptional = false): SchemaElement => ({
  name,
  type: 'BYTE_ARRAY',
  converted_type: 'UTF8',
  logical_type: { type: 'STRING' },
  repetition_type: isOptional ? 'OPTIONAL' : 'REQUIRED',
});

const json = (name: string, isOptional = false): SchemaElement => ({
  ...text(name, isOptional),
  converted_type: 'JSON',
  logical_type: { type: 'JSON' },
});

const bytes = (name: string): SchemaElement => ({
  name,
  type: 'BYTE_ARRAY',
  repetition_type: 'OPTIONAL',
});

/** A list of float32, as Arrow, pandas, Polars and DuckDB read it. Source: LogicalTypes.md of parquet-format. */
const VECTOR: readonly SchemaElement[] = [
  {
    name: 'vector',
    converted_type: 'LIST',
    logical_type: { type: 'LIST' },
    repetition_type: 'REQUIRED',
    num_children: 1,
  },
  { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
  { name: 'element', type: 'FLOAT', repetition_type: 'REQUIRED' },
];

const ADDED_AT: SchemaElement = {
  name: 'addedAt',
  type: 'INT64',
  converted_type: 'TIMESTAMP_MILLIS',
  logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' },
  repetition_type: 'REQUIRED',
};

const ITEM: readonly SchemaElement[] = [
  ...[text('id'), ...VECTOR, text('modality'), text('contentHash'), text('text', true), text('source', true)],
  ...[json('image', true), json('metadata'), json('origin', true), ADDED_AT],
];
const ATTACHMENTS: readonly SchemaElement[] = [bytes('thumbnail'), bytes('original')];

/** Columns of an export, in their order. */
export const ITEM_COLUMNS = [
  ...['id', 'vector', 'modality', 'contentHash', 'text', 'source', 'image', 'metadata', 'origin', 'addedAt'],
] as const;
export const ATTACHMENT_COLUMNS = ['thumbnail', 'original'] as const;

/** An item a row, under the names that an export in JSON has. */
export function schemaOf(isWhole: boolean): SchemaElement[] {
  const elements = isWhole ? [...ITEM, ...ATTACHMENTS] : ITEM;
  const columns = ITEM_COLUMNS.length + (isWhole ? ATTACHMENT_COLUMNS.length : 0);
  return [{ name: 'collection', num_children: columns }, ...elements];
}
