import { cosine, cosineMatrix } from '../core/similarity/index.js';
import type { EvaluationSet, EvaluationTask, TaskOf } from './evaluation-set.js';
import { fitLogitScale, pearson, spearman, spreadOf, sum, type Spread } from './statistics.js';

/** Unit vectors by text and by picture's name; what a model has no tower for is absent. */
export interface Vectors {
  readonly texts: ReadonlyMap<string, Float32Array>;
  readonly pictures: ReadonlyMap<string, Float32Array>;
}

/** Shares of queries whose answer is among the first of the candidates. */
interface Recall {
  readonly top1: number;
  readonly top5: number;
  readonly top10: number;
  /** 1 for the first. */
  readonly medianRank: number;
}

interface Scores {
  readonly matching: Spread;
  readonly other: Spread;
}

/** A task's figures. Cosines and shares; `chance` is what guessing would get. */
export type Figures = { readonly name: string; readonly split: 'test' | 'validation'; readonly n: number } & (
  | ({ readonly kind: 'classification'; readonly candidates: number; readonly scores: Scores } & Recall)
  | {
      readonly kind: 'choice';
      readonly accuracy: number;
      readonly chance: number;
      readonly logitScale?: number;
    }
  | {
      readonly kind: 'retrieval';
      readonly textToImage: Recall;
      readonly imageToText: Recall;
      readonly scores: Scores;
    }
  | {
      readonly kind: 'similarity';
      readonly spearman: number;
      readonly pearson: number;
      readonly scores?: Scores;
    }
);

/** The texts that a task asks for. */
export function textsOf(task: EvaluationTask): string[] {
  switch (task.kind) {
    case 'classification':
      return task.labels;
    case 'choice':
      return task.pictures.flatMap(({ captions }) => captions);
    case 'retrieval':
      return task.pictures.map(({ caption }) => caption);
    case 'similarity':
      return task.pairs.flatMap(({ a, b }) => [a, b]);
  }
}

/** The pictures that a task asks for. */
export function picturesOf(task: EvaluationTask): string[] {
  return task.kind === 'similarity' ? [] : task.pictures.map(({ file }) => file);
}

/** The place of the right one among all, 0 for the first; equals count before it. */
function rankOf(scores: ArrayLike<number>, right: number): number {
  let before = 0;
  for (let i = 0; i < scores.length; i++) if (i !== right && scores[i] >= scores[right]) before++;
  return before;
}

function recallOf(ranks: readonly number[]): Recall {
  const within = (k: number) => ranks.filter((rank) => rank < k).length / ranks.length;
  const sorted = ranks.toSorted((a, b) => a - b);
  return { top1: within(1), top5: within(5), top10: within(10), medianRank: sorted[sorted.length >> 1] + 1 };
}

function spreads(rows: readonly Float64Array[], right: (row: number) => number): Scores {
  const other: number[] = [];
  rows.forEach((row, i) => {
    other.push(...row.filter((_, j) => j !== right(i)));
  });
  return { matching: spreadOf(rows.map((row, i) => row[right(i)])), other: spreadOf(other) };
}

function classification(task: TaskOf<'classification'>, { texts, pictures }: Vectors) {
  const labels = task.labels.map((label) => found(texts, label));
  const rows = cosineMatrix(
    task.pictures.map(({ file }) => found(pictures, file)),
    labels,
  );
  const right = (row: number) => task.pictures[row].label;
  const recall = recallOf(rows.map((row, i) => rankOf(row, right(i))));
  return { candidates: labels.length, ...recall, scores: spreads(rows, right) };
}

function choice(task: TaskOf<'choice'>, { texts, pictures }: Vectors) {
  const rows = task.pictures.map(({ file, captions }) => {
    const picture = found(pictures, file);
    return captions.map((caption) => cosine(picture, found(texts, caption)));
  });
  return {
    accuracy: rows.filter((row) => rankOf(row, 0) === 0).length / rows.length,
    chance: sum(rows.map((row) => 1 / row.length)) / rows.length,
    ...(task.isCalibration && { logitScale: fitLogitScale(rows) }),
  };
}

function retrieval(task: TaskOf<'retrieval'>, { texts, pictures }: Vectors) {
  const seen = task.pictures.map(({ file }) => found(pictures, file));
  const captions = task.pictures.map(({ caption }) => found(texts, caption));
  const own = (row: number) => row;
  const rows = cosineMatrix(seen, captions);
  const ranks = (table: readonly Float64Array[]) => table.map((row, i) => rankOf(row, i));
  return {
    textToImage: recallOf(ranks(cosineMatrix(captions, seen))),
    imageToText: recallOf(ranks(rows)),
    scores: spreads(rows, own),
  };
}

function similarity(task: TaskOf<'similarity'>, { texts }: Vectors) {
  const cosines = task.pairs.map(({ a, b }) => cosine(found(texts, a), found(texts, b)));
  const references = task.pairs.map(({ reference }) => reference);
  const of = (isRelated: boolean) => cosines.filter((_, i) => task.pairs[i].isRelated === isRelated);
  const [matching, other] = [of(true), of(false)];
  return {
    spearman: spearman(cosines, references),
    pearson: pearson(cosines, references),
    ...(matching.length > 0 &&
      other.length > 0 && { scores: { matching: spreadOf(matching), other: spreadOf(other) } }),
  };
}

function found(vectors: ReadonlyMap<string, Float32Array>, key: string): Float32Array {
  const vector = vectors.get(key);
  if (vector === undefined) throw new Error(`"${key}" has no vector.`);
  return vector;
}

/** The figures of every task that the vectors are there for, in the set's order. */
export function figuresOf({ tasks }: EvaluationSet, vectors: Vectors): Figures[] {
  return tasks
    .filter(
      (task) =>
        textsOf(task).every((text) => vectors.texts.has(text)) &&
        picturesOf(task).every((file) => vectors.pictures.has(file)),
    )
    .map((task) => {
      const { name, split } = task;
      const about = { name, split, n: task.kind === 'similarity' ? task.pairs.length : task.pictures.length };
      switch (task.kind) {
        case 'classification':
          return { ...about, kind: task.kind, ...classification(task, vectors) };
        case 'choice':
          return { ...about, kind: task.kind, ...choice(task, vectors) };
        case 'retrieval':
          return { ...about, kind: task.kind, ...retrieval(task, vectors) };
        case 'similarity':
          return { ...about, kind: task.kind, ...similarity(task, vectors) };
      }
    });
}
