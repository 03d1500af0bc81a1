import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { ClipgraphError } from '../errors/index.js';

const text = z.string().min(1);
const file = text.describe('a picture, below the folder of the set');
const common = {
  name: text,
  /** What the figures may be used for: "test" ones choose nothing. */
  split: z.enum(['test', 'validation']).default('test'),
};

const pair = z.object({
  a: text,
  b: text,
  /** The cosine that another model, the teacher, gives the pair. */
  reference: z.number().min(-1).max(1),
  /** Whether people would call the two alike; for the spread of scores. */
  isRelated: z.boolean().optional(),
});

const task = z.discriminatedUnion('kind', [
  z.object({
    ...common,
    kind: z.literal('classification'),
    labels: z.array(text).min(2),
    /** Each with the place of its label. */
    pictures: z.array(z.object({ file, label: z.number().int().min(0) })).min(1),
  }),
  z.object({
    ...common,
    kind: z.literal('choice'),
    /** Each with captions of its own, the right one first. */
    pictures: z.array(z.object({ file, captions: z.array(text).min(2) })).min(1),
    /** Whether the logit scale is fitted on it. */
    isCalibration: z.boolean().default(false),
  }),
  z.object({
    ...common,
    kind: z.literal('retrieval'),
    pictures: z.array(z.object({ file, caption: text })).min(2),
  }),
  z.object({ ...common, kind: z.literal('similarity'), pairs: z.array(pair).min(3) }),
]);

const setSchema = z.object({ name: text, tasks: z.array(task).min(1) });

/** What a model is asked, and the right answers. */
export type EvaluationTask = z.infer<typeof task>;
export type TaskOf<K extends EvaluationTask['kind']> = Extract<EvaluationTask, { kind: K }>;

/** A folder with `tasks.json` and the pictures that it names. */
export interface EvaluationSet {
  readonly name: string;
  readonly folder: string;
  readonly tasks: readonly EvaluationTask[];
}

/** A picture's path; the folder's, and nothing beside it. */
export function pictureOf({ folder }: EvaluationSet, name: string): string {
  const found = path.resolve(folder, name);
  if (path.relative(folder, found).startsWith('..') || path.isAbsolute(name)) {
    throw new ClipgraphError('BAD_USER_INPUT', `The picture "${name}" is outside of the set's folder.`);
  }
  return found;
}

/**
 * @throws BAD_USER_INPUT when there is no set in the folder, or one that can't be read
 */
export async function readEvaluationSet(folder: string): Promise<EvaluationSet> {
  const place = path.join(folder, 'tasks.json');
  let source: unknown;
  try {
    source = JSON.parse(await readFile(place, 'utf8'));
  } catch (cause) {
    throw new ClipgraphError(
      'BAD_USER_INPUT',
      `${place} cannot be read: an evaluation set is a folder with tasks.json and pictures (docs/evaluation.md).`,
      { cause },
    );
  }
  const parsed = setSchema.safeParse(source);
  if (!parsed.success) {
    throw new ClipgraphError(
      'BAD_USER_INPUT',
      `${place} is no evaluation set:\n${z.prettifyError(parsed.error)}`,
    );
  }
  for (const task of parsed.data.tasks) {
    const wrong =
      task.kind === 'classification'
        ? task.pictures.find(({ label }) => label >= task.labels.length)
        : undefined;
    if (wrong !== undefined) {
      throw new ClipgraphError(
        'BAD_USER_INPUT',
        `${place}: "${task.name}" has no label ${wrong.label}, which ${wrong.file} is said to have.`,
      );
    }
  }
  return { ...parsed.data, folder: path.resolve(folder) };
}
