import { createHash } from 'node:crypto';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import type { Compressors, FileMetaData } from 'hyparquet' with { 'resolution-mode': 'import' };
import { decompress } from 'fzstd';
import { z } from 'zod';
import { unit } from '../../core/similarity/index.js';
import { ClipgraphError } from '../../errors/index.js';
import type { NewRow, Space } from '../../stores/index.js';
import type { ReadExport } from './jsonl.js';
import { ATTACHMENT_COLUMNS, HEADER_KEY, ITEM_COLUMNS } from './parquet-schema.js';
import { itemSchema, parseAs, parseHeader, refuse } from './schema.js';

/** Numbers of vectors that are read together. */
const MOST_NUMBERS = 2 ** 23;

/** Other programs compress as they like; Snappy is read by the package itself. */
const COMPRESSORS: Compressors = {
  ZSTD: (bytes, length) => decompress(bytes, new Uint8Array(length)),
  GZIP: (bytes, length) => gunzipSync(bytes, { maxOutputLength: length }),
  BROTLI: (bytes, length) => brotliDecompressSync(bytes, { maxOutputLength: length }),
};

const vector = z.union([z.array(z.number()), z.instanceof(Float32Array), z.instanceof(Float64Array)]);
const bytes = z.instanceof(Uint8Array).nullish();
const rowSchema = itemSchema.extend({
  vector,
  addedAt: z.date().transform((date) => date.getTime()),
  thumbnail: bytes,
  original: bytes,
});
const foreignSchema = z.object({ id: z.string(), vector });

/** A Parquet file whose end has been read. */
interface ParquetFile {
  readonly name: string;
  readonly metadata: FileMetaData;
  readonly columns: readonly string[];
  /** Rows from one to before another. */
  readonly read: (from: number, to: number, columns: readonly string[]) => Promise<unknown[]>;
}

function unreadable(file: string, cause: unknown): never {
  const { code } = cause as NodeJS.ErrnoException;
  const reason =
    code === 'ENOENT'
      ? 'there is no such file.'
      : 'it is no Parquet file, is damaged, or compressed otherwise than with Snappy, zstd, gzip or Brotli.';
  throw new ClipgraphError('BAD_USER_INPUT', `${file}: ${reason}`, { cause });
}

async function openParquet(name: string): Promise<ParquetFile> {
  const { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects, parquetSchema } =
    await import('hyparquet');
  try {
    const file = await asyncBufferFromFile(name);
    const metadata = await parquetMetadataAsync(file);
    const columns = parquetSchema(metadata).children.map(({ element }) => element.name);
    const read: ParquetFile['read'] = async (rowStart, rowEnd, wanted) => {
      try {
        const own = { file, metadata, columns: [...wanted], utf8: false, compressors: COMPRESSORS };
        return await parquetReadObjects({ ...own, rowStart, rowEnd });
      } catch (cause) {
        return unreadable(name, cause);
      }
    };
    return { name, metadata, columns, read };
  } catch (cause) {
    return unreadable(name, cause);
  }
}

/** All rows, some at a time, each once, with its number from 1. */
async function* rowsOf(
  { metadata, read }: ParquetFile,
  columns: readonly string[],
  dimensions: number,
): AsyncGenerator<readonly [number: number, row: unknown], undefined> {
  const most = Math.max(1, Math.floor(MOST_NUMBERS / dimensions));
  let number = 0;
  for (const group of metadata.row_groups) {
    const end = number + Number(group.num_rows);
    while (number < end) {
      const rows = await read(number, Math.min(end, number + most), columns);
      for (const row of rows) yield [++number, row];
    }
  }
  return undefined;
}

function vectorOf(numbers: ArrayLike<number>, dimensions: number, place: string): Float32Array {
  if (numbers.length === dimensions) return Float32Array.from(numbers);
  return refuse(place, `its vector has ${numbers.length} numbers, not ${dimensions}`);
}

/** Of ids that were seen: each may come once. */
function onceEach(): (id: string, place: string) => void {
  const seen = new Set<string>();
  return (id, place) => {
    if (seen.has(id)) refuse(place, 'its id stands twice');
    seen.add(id);
  };
}

/** What no other program has written; undefined for a file of another. */
function headerOf({ metadata, name }: ParquetFile): ReadExport['spec'] | undefined {
  const text = metadata.key_value_metadata?.find(({ key }) => key === HEADER_KEY)?.value;
  if (text === undefined) return undefined;
  try {
    return parseHeader(JSON.parse(text), 'The description');
  } catch (cause) {
    if (cause instanceof ClipgraphError) throw cause;
    return unreadable(name, cause);
  }
}

async function* ownRows(file: ParquetFile, dimensions: number): AsyncGenerator<NewRow, undefined> {
  const columns = [...ITEM_COLUMNS, ...ATTACHMENT_COLUMNS].filter((name) => file.columns.includes(name));
  const checkId = onceEach();
  for await (const [number, given] of rowsOf(file, columns, dimensions)) {
    const place = `Row ${number}`;
    const { vector: numbers, thumbnail, original, ...row } = parseAs(given, place, rowSchema);
    checkId(row.id, place);
    yield {
      ...row,
      vector: vectorOf(numbers, dimensions, place),
      thumbnail: thumbnail ?? undefined,
      original: original ?? undefined,
    };
  }
  return undefined;
}

async function* foreignRows(file: ParquetFile, dimensions: number): AsyncGenerator<NewRow, undefined> {
  const checkId = onceEach();
  for await (const [number, given] of rowsOf(file, ['id', 'vector'], dimensions)) {
    const place = `Row ${number}`;
    const { id, vector: numbers } = parseAs(given, place, foreignSchema);
    checkId(id, place);
    const exact = vectorOf(numbers, dimensions, place);
    const contentHash = createHash('sha256').update(new Uint8Array(exact.buffer)).digest('hex');
    yield {
      ...{ id, vector: unit(exact), modality: 'VECTOR', contentHash, text: null, source: null, image: null },
      ...{ metadata: {}, origin: null, addedAt: Date.now() },
    };
  }
  return undefined;
}

/** A Parquet file that is read: an export, or ids and vectors that another program wrote. */
export type ReadParquet =
  | { readonly kind: 'export'; readonly read: ReadExport }
  | {
      readonly kind: 'vectors';
      /** Of the export that it was made of, where it says so. */
      readonly space: Space | undefined;
      readonly rows: (dimensions: number) => AsyncIterable<NewRow>;
    };

/**
 * @throws BAD_USER_INPUT that names the row which is wrong, for another file, or one without the columns id and vector
 */
export async function readParquet(name: string): Promise<ReadParquet> {
  const file = await openParquet(name);
  const has = (column: string): boolean => file.columns.includes(column);
  const spec = headerOf(file);
  if (spec !== undefined && ITEM_COLUMNS.every(has)) {
    return { kind: 'export', read: { spec, rows: ownRows(file, spec.space.dimensions) } };
  }
  const missing = ['id', 'vector'].filter((column) => !has(column));
  if (missing.length > 0) {
    const message = `${name}: it has no column ${missing.join(', ')}. An import needs id, a text, and vector, a list of numbers.`;
    throw new ClipgraphError('BAD_USER_INPUT', message);
  }
  const rows = (dimensions: number) => foreignRows(file, dimensions);
  return { kind: 'vectors', space: spec?.space, rows };
}
