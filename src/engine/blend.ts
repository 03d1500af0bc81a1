import { blend, unit } from '../core/similarity/index.js';
import { ClipgraphError } from '../errors/index.js';
import { together } from './cancelling.js';
import type { Content, WeightedPart } from './content.js';
import { NO_TIME, type Embedding, type Timing } from './embedding.js';
import { hash } from './identity.js';
import type { EmbedOptions, RequestScope } from './options.js';
import { checkSameSpace } from './space.js';

/** A sum of as many float32 vectors as one may send stays finite in float32. */
const LARGEST_WEIGHT = 1e30;

type Embed = (content: Content, options: EmbedOptions, scope: RequestScope) => Promise<Embedding>;

function checkWeights(weights: readonly number[]): void {
  const wrong = weights.find((weight) => !(Math.abs(weight) <= LARGEST_WEIGHT));
  if (wrong === undefined) return;
  const message = `Expected a weight between -1e30 and 1e30 but received ${wrong}.`;
  throw new ClipgraphError('BAD_USER_INPUT', message);
}

/** The parts are made side by side: the blend is there when the last one is. */
function slowest(timings: readonly Timing[]): Timing | undefined {
  const total = ({ prepare, queue, inference }: Timing): number => prepare + queue + inference;
  return [...timings].sort((a, b) => total(a) - total(b)).at(-1);
}

/**
 * The weighted sum of the unit vectors of several contents. A part that fails ends the others.
 *
 * @throws BAD_USER_INPUT for no parts or a wrong weight, ZERO_VECTOR, what embedding a part throws
 */
export async function embedBlend(
  embed: Embed,
  parts: readonly WeightedPart[],
  options: EmbedOptions,
  scope: RequestScope,
): Promise<Embedding> {
  if (parts.length === 0) {
    throw new ClipgraphError('BAD_USER_INPUT', 'The blend is empty: give it at least one part.');
  }
  const weights = parts.map(({ weight = 1 }) => weight);
  checkWeights(weights);
  const group = scope.group ?? scope.signal;
  const unscaled = { ...options, normalize: true };
  const embeddings = await together(scope.signal, (signal) =>
    Promise.all(parts.map(({ content }) => embed(content, unscaled, { signal, group }))),
  );
  checkSameSpace(embeddings);
  const { space } = embeddings.find((part) => part.space.isAssumed !== true) ?? embeddings[0];
  const vectors = embeddings.map(({ vector }) => vector);
  const { sum, norm: length } = blend(vectors, weights);
  const isNormalized = options.normalize ?? true;
  const worked = embeddings.filter(({ runtime }) => runtime !== undefined);
  return {
    id: hash(['blend', embeddings.map(({ id }) => id), weights, isNormalized]),
    modality: 'BLEND',
    model: embeddings[0].model,
    space,
    runtime: worked.at(0)?.runtime,
    options,
    text: undefined,
    vector: isNormalized ? unit(sum) : Float32Array.from(sum),
    norm: length,
    isNormalized,
    tokens: undefined,
    image: undefined,
    isCached: worked.length > 0 && worked.every(({ isCached }) => isCached),
    timing: slowest(worked.map(({ timing }) => timing ?? NO_TIME)),
  };
}
