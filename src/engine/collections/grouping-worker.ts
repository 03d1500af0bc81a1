// The entry of a thread that compares many vectors with each other: seconds of computing, never on the main thread.
import { clusterVectors, nearDuplicates, VectorIndex } from '../../core/similarity/index.js';
import { answerRequests } from '../../isolation/answer.js';
import type { ClustersFound, GroupFound, Vectors } from './grouping.js';

/** Vectors that are packed in one step. */
const APPENDED_TOGETHER = 1024;
/** Milliseconds of searching for groups after which those that are found are handed out. */
const SLICE_MS = 100;

let groups: Iterator<GroupFound | undefined, void> | undefined;

function readerOf({ buffer, dimensions }: Vectors): (row: number) => Float32Array {
  const all = new Float32Array(buffer);
  return (row) => all.subarray(row * dimensions, (row + 1) * dimensions);
}

function* groupsOf(vectors: Vectors, threshold: number): Generator<GroupFound | undefined, void> {
  const { buffer, dimensions, count } = vectors;
  const all = new Float32Array(buffer);
  const index = new VectorIndex(dimensions, { rows: count });
  for (let from = 0; from < count; from += APPENDED_TOGETHER) {
    index.append(all.subarray(from * dimensions, Math.min(count, from + APPENDED_TOGETHER) * dimensions));
    yield;
  }
  for (const group of nearDuplicates(index, readerOf(vectors), { threshold })) {
    yield group && { first: group.first, others: group.others.map(({ row, cosine }) => ({ row, cosine })) };
  }
}

answerRequests({
  findGroups: ({ vectors, threshold }: { readonly vectors: Vectors; readonly threshold: number }) => {
    groups = groupsOf(vectors, threshold);
  },
  nextGroups: (): { readonly found: GroupFound[]; readonly isDone: boolean } => {
    const found: GroupFound[] = [];
    const until = performance.now() + SLICE_MS;
    while (groups !== undefined && performance.now() < until) {
      const step = groups.next();
      if (step.done === true) return { found, isDone: true };
      if (step.value !== undefined) found.push(step.value);
    }
    return { found, isDone: groups === undefined };
  },
  cluster: ({ vectors, count }: { readonly vectors: Vectors; readonly count: number }): ClustersFound => {
    const steps = clusterVectors(vectors.count, readerOf(vectors), { count });
    for (;;) {
      const step = steps.next();
      if (step.done === true) return step.value;
    }
  },
});
