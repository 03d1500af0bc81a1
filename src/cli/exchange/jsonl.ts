import { z } from 'zod';
import { pack, type Collection } from '../../engine/index.js';
import { ClipgraphError } from '../../errors/index.js';
import { compareBytes, type CollectionSpec, type NewRow, type Row } from '../../stores/index.js';
import { readLines } from '../input-lines.js';

/** The first line of an export says what it is, and what the collection was created with. */
const headerSchema = z.strictObject({
  header: z.strictObject({ format: z.literal('clipgraph-collection'), version: z.int() }),
  name: z.string(),
  description: z.string().nullable(),
  space: z.strictObject({ checksum: z.string(), dtype: z.string(), dimensions: z.int().min(1).max(65_536) }),
  model: z.string(),
  thumbnails: z.boolean(),
  keepText: z.boolean(),
  keepOriginals: z.boolean(),
  createdAt: z.number(),
});

const imageSchema = z.strictObject({
  format: z.string(),
  width: z.int().min(0),
  height: z.int().min(0),
  bytes: z.int().min(0),
});

/** A path that leads out of its root is none. */
const relativePath = z.string().refine((path) => !path.split('/').includes('..') && !path.startsWith('/'));

const itemSchema = z.strictObject({
  id: z.string(),
  modality: z.enum(['TEXT', 'IMAGE', 'VECTOR', 'BLEND']),
  contentHash: z.string(),
  text: z.string().nullable(),
  source: z.string().nullable(),
  image: imageSchema.nullable(),
  metadata: z.record(z.string(), z.json()),
  origin: z
    .strictObject({ root: z.string(), path: relativePath, bytes: z.number(), modifiedMs: z.number() })
    .nullable(),
  addedAt: z.number(),
  vector: z.base64(),
  thumbnail: z.base64().optional(),
  original: z.base64().optional(),
});

const EMPTY: Readonly<Record<string, never>> = {};

async function lineOf(
  { attachments, vector, ...row }: Row,
  collection: Collection,
  isWhole: boolean,
): Promise<string> {
  const bytesOf = async (kind: 'thumbnail' | 'original') => {
    const bytes =
      isWhole && attachments.includes(kind) ? await collection.attachment(row.id, kind) : undefined;
    return bytes === undefined ? EMPTY : { [kind]: pack(bytes) };
  };
  return JSON.stringify({
    ...row,
    vector: pack(vector),
    ...(await bytesOf('thumbnail')),
    ...(await bytesOf('original')),
  });
}

/**
 * A collection as lines of JSON, as it was at one moment, vectors as base64 of little-endian float32: the header, then an
 * item each in the order of ids.
 *
 * @param isWhole whether small pictures and originals are in it
 */
export async function* exportLines(
  collection: Collection,
  isWhole: boolean,
): AsyncGenerator<string, undefined> {
  yield JSON.stringify({ header: { format: 'clipgraph-collection', version: 1 }, ...collection.spec });
  for await (const row of collection.rows()) yield lineOf(row, collection, isWhole);
  return undefined;
}

/** An export that is read. */
export interface ReadExport {
  readonly spec: CollectionSpec;
  readonly rows: AsyncIterable<NewRow>;
}

function refuse(line: number, reason: string, cause?: unknown): never {
  throw new ClipgraphError('BAD_USER_INPUT', `Line ${line} of the export is wrong: ${reason}.`, { cause });
}

function parseLine<Schema extends z.ZodType>(text: string, line: number, schema: Schema): z.infer<Schema> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    return refuse(line, 'it is not JSON; was the file cut off?', cause);
  }
  const { success, data, error } = schema.safeParse(json);
  if (success) return data;
  const [{ path, message }] = error.issues;
  return refuse(line, `${path.join('.') || 'it'}: ${message}`);
}

function vectorOf(base64: string, dimensions: number, line: number): Float32Array {
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length !== 4 * dimensions)
    refuse(line, `its vector has ${bytes.length / 4} numbers, not ${dimensions}`);
  return new Float32Array(Uint8Array.from(bytes).buffer);
}

/**
 * @throws BAD_USER_INPUT that names the line which is wrong
 */
export async function readExport(input: AsyncIterable<Buffer | string>): Promise<ReadExport> {
  const lines = readLines(input)[Symbol.asyncIterator]();
  const first = await lines.next();
  if (first.done === true || first.value === '') refuse(1, 'there is none');
  const { header, ...spec } = parseLine(first.value, 1, headerSchema);
  if (header.version !== 1) refuse(1, `version ${header.version} is of a newer Clipgraph`);
  async function* rows(): AsyncGenerator<NewRow, undefined> {
    let number = 1;
    let last = '';
    for (;;) {
      const step = await lines.next();
      if (step.done === true) return undefined;
      const { value } = step;
      number++;
      if (value === '') continue;
      const { vector, thumbnail, original, ...row } = parseLine(value, number, itemSchema);
      if (compareBytes(last, row.id) >= 0) refuse(number, 'its id does not come after the one before');
      last = row.id;
      yield {
        ...row,
        vector: vectorOf(vector, spec.space.dimensions, number),
        thumbnail: thumbnail === undefined ? undefined : Buffer.from(thumbnail, 'base64'),
        original: original === undefined ? undefined : Buffer.from(original, 'base64'),
      };
    }
  }
  return { spec, rows: rows() };
}
