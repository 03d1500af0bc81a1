import type { Behavior } from '../pipeline/spec.js';

/** A stretch of a text, and whether it is what the text is cut at. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
  readonly isMatch: boolean;
}

type Bounds = readonly [start: number, end: number];

/** The stretches between matches, and these. */
export function stretchesOf(length: number, matches: Iterable<Bounds>): Stretch[] {
  const stretches: Stretch[] = [];
  let from = 0;
  for (const [start, end] of matches) {
    if (start > from) stretches.push({ start: from, end: start, isMatch: false });
    stretches.push({ start, end, isMatch: true });
    from = end;
  }
  if (from < length) stretches.push({ start: from, end: length, isMatch: false });
  return stretches;
}

/** A match goes to the stretch before it, unless that ends with one. */
function mergeWithPrevious(stretches: readonly Stretch[]): Bounds[] {
  const merged: [number, number][] = [];
  let wasMatch = false;
  for (const { start, end, isMatch } of stretches) {
    const last = merged.at(-1);
    if (isMatch && !wasMatch && last !== undefined) last[1] = end;
    else merged.push([start, end]);
    wasMatch = isMatch;
  }
  return merged;
}

/** The same from the right. */
function mergeWithNext(stretches: readonly Stretch[]): Bounds[] {
  const merged: [number, number][] = [];
  let wasMatch = false;
  for (let i = stretches.length - 1; i >= 0; i--) {
    const { start, end, isMatch } = stretches[i];
    const last = merged.at(-1);
    if (isMatch && !wasMatch && last !== undefined) last[0] = start;
    else merged.push([start, end]);
    wasMatch = isMatch;
  }
  return merged.reverse();
}

function mergeEqual(stretches: readonly Stretch[]): Bounds[] {
  const merged: [number, number][] = [];
  let wasMatch = false;
  for (const { start, end, isMatch } of stretches) {
    const last = merged.at(-1);
    if (isMatch === wasMatch && last !== undefined) last[1] = end;
    else merged.push([start, end]);
    wasMatch = isMatch;
  }
  return merged;
}

/** The pieces that a text is cut into. Source: tokenizers 0.23.3, tokenizer/normalizer.rs, `split`. */
export function cutAt(stretches: readonly Stretch[], behavior: Behavior): readonly Bounds[] {
  switch (behavior) {
    case 'Removed':
      return stretches.filter(({ isMatch }) => !isMatch).map(({ start, end }) => [start, end]);
    case 'Isolated':
      return stretches.map(({ start, end }) => [start, end]);
    case 'Contiguous':
      return mergeEqual(stretches);
    case 'MergedWithPrevious':
      return mergeWithPrevious(stretches);
    case 'MergedWithNext':
      return mergeWithNext(stretches);
  }
}
