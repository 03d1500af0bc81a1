import { z } from 'zod';
import { ClipgraphError } from '../../errors/index.js';

/** What an export says first: what it is, and what the collection was created with. */
export const headerSchema = z.strictObject({
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

/** An item but for its bytes: its vector, its small picture and its original, which each format has in its own way. */
export const itemSchema = z.strictObject({
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
});

/** @throws BAD_USER_INPUT that names the place in the export, such as `Line 3` */
export function refuse(place: string, reason: string, cause?: unknown): never {
  throw new ClipgraphError('BAD_USER_INPUT', `${place} of the export is wrong: ${reason}.`, { cause });
}

/** @throws BAD_USER_INPUT that names the place and the field */
export function parseAs<Schema extends z.ZodType>(
  value: unknown,
  place: string,
  schema: Schema,
): z.infer<Schema> {
  const { success, data, error } = schema.safeParse(value);
  if (success) return data;
  const [{ path, message }] = error.issues;
  return refuse(place, `${path.join('.') || 'it'}: ${message}`);
}

/** What comes first in an export, when it is of a version that is known. */
export function parseHeader(value: unknown, place: string): Omit<z.infer<typeof headerSchema>, 'header'> {
  const { header, ...spec } = parseAs(value, place, headerSchema);
  if (header.version !== 1) refuse(place, `version ${header.version} is of a newer Clipgraph`);
  return spec;
}
