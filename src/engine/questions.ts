import type { Config } from '../config/index.js';
import { ClipgraphError, type ErrorCode } from '../errors/index.js';
import type { Ask, EmbedResult } from './ask.js';
import { DEFAULT_TEMPLATE, promptsFor, type Classification } from './classification.js';
import type { Content } from './content.js';
import type { Embedding } from './embedding.js';
import { similarityMatrix, type SimilarityMatrix } from './matrix.js';
import { compare, rank, type Match, type Similarity } from './similarity.js';

/** Why one of many contents has no place in the answer. */
export interface ContentFailure {
  /** The content's place in the request. */
  readonly index: number;
  readonly code: ErrorCode;
  readonly message: string;
}

/** Candidates from the most to the least similar, and those that could not be compared. */
export interface Ranking {
  readonly query: Embedding;
  readonly matches: readonly Match[];
  readonly failures: readonly ContentFailure[];
}

/** Labels, best first, and those that could not be compared. */
export interface LabelRanking {
  readonly content: Embedding;
  readonly classifications: readonly Classification[];
  readonly failures: readonly ContentFailure[];
}

interface RankOptions {
  /** For an answer that has no place for failures: the first one ends everything. Default false. */
  readonly allOrNone?: boolean;
}

interface ClassifyOptions extends RankOptions {
  /** That the prompts are held to. */
  readonly limits: Config['limits'];
  /** Holds `{}` where the label goes. */
  readonly template?: string | undefined;
}

/** How two contents compare. The failure of one ends the other. */
export function askSimilarity(ask: Ask, a: Content, b: Content): Promise<Similarity> {
  return ask.together(async (shared) => {
    const [[left], [right]] = await Promise.all([shared.embedAll([a], 'a'), shared.embedAll([b], 'b')]);
    return compare(left, right);
  });
}

/** Every row against every column. The first failure ends all others. */
export function askMatrix(
  ask: Ask,
  rows: readonly Content[],
  columns: readonly Content[],
): Promise<SimilarityMatrix> {
  return ask.together(async (shared) => {
    const [left, right] = await Promise.all([
      shared.embedAll(rows, 'rows'),
      shared.embedAll(columns, 'columns'),
    ]);
    return similarityMatrix(left, right);
  });
}

/**
 * Candidates from the most to the least similar; ties keep their order. A candidate that fails is among the failures;
 * the query's failure ends everything.
 */
export function askRank(
  ask: Ask,
  query: Content,
  candidates: readonly Content[],
  { allOrNone = false }: RankOptions = {},
): Promise<Ranking> {
  return ask.together(async (shared) => {
    const [[subject], results] = await Promise.all([
      shared.embedAll([query], 'query'),
      allOrNone ? shared.embedAll(candidates, 'candidates') : shared.embedEach(candidates),
    ]);
    return { query: subject, ...rankResults(subject, results) };
  });
}

/** Zero-shot classification, best first. A label that fails, say because it is too long, is among the failures. */
export function askClassify(
  ask: Ask,
  content: Content,
  labels: readonly string[],
  { limits, template = DEFAULT_TEMPLATE, allOrNone = false }: ClassifyOptions,
): Promise<LabelRanking> {
  const prompts = promptsFor(labels, template, limits).map((text) => ({ text }));
  return ask.together(async (shared) => {
    const [[subject], results] = await Promise.all([
      shared.embedAll([content], 'content'),
      allOrNone ? shared.embedAll(prompts, 'labels') : shared.embedEach(prompts),
    ]);
    const { matches, failures } = rankResults(subject, results);
    const classifications = matches.map(({ index, cosine, probability }) => ({
      index,
      label: labels[index],
      prompt: prompts[index].text,
      cosine,
      probability,
    }));
    return { content: subject, classifications, failures };
  });
}

/** Ranks the results that are embeddings; places are those of the request. */
function rankResults(
  subject: Embedding,
  results: readonly EmbedResult[],
): { readonly matches: readonly Match[]; readonly failures: readonly ContentFailure[] } {
  const failures: ContentFailure[] = [];
  const places: number[] = [];
  const candidates: Embedding[] = [];
  for (const [index, result] of results.entries()) {
    if (result instanceof ClipgraphError) {
      failures.push({ index, code: result.code, message: result.message });
    } else {
      places.push(index);
      candidates.push(result);
    }
  }
  const matches = rank(subject, candidates).map((match) => ({ ...match, index: places[match.index] }));
  return { matches, failures };
}
