import { open, rename, rm, writeFile } from 'node:fs/promises';
import type { Collection } from '../../engine/index.js';
import type { Row } from '../../stores/index.js';
import { headerOf } from './jsonl.js';
import { ATTACHMENT_COLUMNS, HEADER_KEY, ITEM_COLUMNS, schemaOf } from './parquet-schema.js';

/** Of a row group: what is held in memory, and what a reader reads at once. */
const MOST_ROWS = 1024;
const MOST_BYTES = 64 * 2 ** 20;

type Values = Readonly<Record<string, unknown>>;

/** What the columns hold of an item. */
async function valuesOf(
  { attachments, vector, addedAt, ...row }: Row,
  collection: Collection,
  isWhole: boolean,
): Promise<Values> {
  const values: Record<string, unknown> = { ...row, vector: Array.from(vector), addedAt: new Date(addedAt) };
  for (const kind of isWhole ? ATTACHMENT_COLUMNS : []) {
    values[kind] = attachments.includes(kind) ? await collection.attachment(row.id, kind) : undefined;
  }
  return values;
}

/** Of its pictures: the rest is small. */
function bytesOf(values: Values): number {
  return Object.values(values).reduce<number>(
    (sum, value) => sum + (ArrayBuffer.isView(value) ? value.byteLength : 0),
    0,
  );
}

/**
 * A collection as a Parquet file, as it was at one moment: an item a row in the order of ids, and in the file's metadata what
 * the collection was created with. The file is not there before it is whole.
 *
 * @param isWhole whether small pictures and originals are in it
 * @returns how many items
 */
export async function exportParquet(collection: Collection, file: string, isWhole: boolean): Promise<number> {
  const { fileWriter, ParquetWriter } = await import('hyparquet-writer');
  const unfinished = `${file}.part`;
  await writeFile(unfinished, '', { mode: 0o600 });
  try {
    const parquet = new ParquetWriter({
      writer: fileWriter(unfinished),
      schema: schemaOf(isWhole),
      kvMetadata: [{ key: HEADER_KEY, value: headerOf(collection.spec) }],
      createdBy: 'clipgraph',
    });
    const names = [...ITEM_COLUMNS, ...(isWhole ? ATTACHMENT_COLUMNS : [])];
    let group: Values[] = [];
    let bytes = 0;
    let written = 0;
    const write = async (): Promise<void> => {
      // Floats and pictures do not become smaller.
      const codecOf = (name: string) => ({ codec: isBinary(name) ? ('UNCOMPRESSED' as const) : undefined });
      const columnData = names.map((name) => ({
        name,
        data: group.map((values) => values[name]),
        ...codecOf(name),
      }));
      await parquet.write({ columnData, rowGroupSize: group.length });
      written += group.length;
      [group, bytes] = [[], 0];
    };
    for await (const row of collection.rows()) {
      const values = await valuesOf(row, collection, isWhole);
      group.push(values);
      bytes += bytesOf(values);
      if (group.length >= MOST_ROWS || bytes >= MOST_BYTES) await write();
    }
    if (group.length > 0) await write();
    await parquet.finish();
    await sync(unfinished);
    await rename(unfinished, file);
    return written;
  } finally {
    await rm(unfinished, { force: true });
  }
}

function isBinary(name: string): boolean {
  return name === 'vector' || ATTACHMENT_COLUMNS.some((each) => each === name);
}

async function sync(file: string): Promise<void> {
  const handle = await open(file);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
