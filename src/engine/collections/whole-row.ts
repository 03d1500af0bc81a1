import type { Attachment, NewRow, Row, StoredCollection } from '../../stores/index.js';

/** A row that is there with the bytes that are kept beside it: as it is written again, here or elsewhere. */
export async function wholeRow(
  stored: Pick<StoredCollection, 'attachment'>,
  { attachments, ...row }: Row,
): Promise<NewRow> {
  const read = (kind: Attachment): Promise<Uint8Array | undefined> =>
    attachments.includes(kind) ? stored.attachment(row.id, kind) : Promise.resolve(undefined);
  const [thumbnail, original] = await Promise.all([read('thumbnail'), read('original')]);
  return { ...row, thumbnail, original };
}
