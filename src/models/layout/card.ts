import { existsSync } from 'node:fs';
import path from 'node:path';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { readText } from '../files/read.js';

/** A repository's card. */
export const CARD = 'README.md';

const cardSchema = z.object({ license: z.union([z.string(), z.array(z.string())]).nullish() }).nullish();

/** The licence that a model's card states in its front matter; a card that cannot be read says nothing. */
export async function readLicense(folder: string): Promise<string | undefined> {
  if (!existsSync(path.join(folder, CARD))) return undefined;
  try {
    const front = /^---\r?\n([\s\S]*?)\r?\n---/.exec(await readText(folder, CARD))?.at(1);
    const card = cardSchema.parse(front === undefined ? {} : parseDocument(front).toJS());
    return [card?.license ?? []].flat()[0];
  } catch {
    return undefined;
  }
}
