import { z } from 'zod';
import { pack, type Collection } from '../../engine/index.js';
import { compareBytes, type CollectionSpec, type NewRow, type Row } from '../../stores/index.js';
import { readLines } from '../input-lines.js';
import { itemSchema, parseAs, parseHeader, refuse } from './schema.js';

const lineSchema = itemSchema.extend({
  vector: z.base64(),
  thumbnail: z.base64().optional(),
  original: z.base64().optional(),
});

/** The first line of an export; as JSON what other formats hold beside the items. */
export function headerOf(spec: CollectionSpec): string {
  return JSON.stringify({ header: { format: 'clipgraph-collection', version: 1 }, ...spec });
}

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
  yield headerOf(collection.spec);
  for await (const row of collection.rows()) yield lineOf(row, collection, isWhole);
  return undefined;
}

/** An export that is read. */
export interface ReadExport {
  readonly spec: CollectionSpec;
  readonly rows: AsyncIterable<NewRow>;
}

function parseJson(text: string, place: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    return refuse(place, 'it is not JSON; was the file cut off?', cause);
  }
}

function vectorOf(base64: string, dimensions: number, place: string): Float32Array {
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length !== 4 * dimensions)
    refuse(place, `its vector has ${bytes.length / 4} numbers, not ${dimensions}`);
  return new Float32Array(Uint8Array.from(bytes).buffer);
}

/**
 * @throws BAD_USER_INPUT that names the line which is wrong
 */
export async function readExport(input: AsyncIterable<Buffer | string>): Promise<ReadExport> {
  const lines = readLines(input)[Symbol.asyncIterator]();
  const first = await lines.next();
  if (first.done === true || first.value === '') refuse('Line 1', 'there is none');
  const spec = parseHeader(parseJson(first.value, 'Line 1'), 'Line 1');
  async function* rows(): AsyncGenerator<NewRow, undefined> {
    let number = 1;
    let last = '';
    for (;;) {
      const step = await lines.next();
      if (step.done === true) return undefined;
      const { value } = step;
      number++;
      if (value === '') continue;
      const place = `Line ${number}`;
      const { vector, thumbnail, original, ...row } = parseAs(parseJson(value, place), place, lineSchema);
      if (compareBytes(last, row.id) >= 0) refuse(place, 'its id does not come after the one before');
      last = row.id;
      yield {
        ...row,
        vector: vectorOf(vector, spec.space.dimensions, place),
        thumbnail: thumbnail === undefined ? undefined : Buffer.from(thumbnail, 'base64'),
        original: original === undefined ? undefined : Buffer.from(original, 'base64'),
      };
    }
  }
  return { spec, rows: rows() };
}
