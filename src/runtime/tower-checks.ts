import { ClipgraphError } from '../errors/index.js';
import type { Tensor, Tower, TowerSource } from './contract.js';
import type { RunMessage } from './wire.js';

/** @throws MODEL_UNAVAILABLE when the graph lacks the input or the output that the model names */
export function checkNames({ inputs, outputs }: Tower, { manifest }: TowerSource): void {
  for (const [role, name, infos] of [
    ['input', manifest.input, inputs],
    ['output', manifest.output, outputs],
  ] as const) {
    if (!infos.some((info) => info.name === name)) {
      const found = infos.map((info) => info.name).join(', ');
      throw new ClipgraphError(
        'MODEL_UNAVAILABLE',
        `The graph has no ${role} named ${name}; it has ${found}. Name it in the model's clipgraph.json.`,
      );
    }
  }
}

/**
 * Not every library refuses an id beyond the table: CUDA reads whatever lies there.
 *
 * @param rows of the table of embeddings
 * @throws MODEL_UNAVAILABLE
 */
export function checkIds(batch: RunMessage['batch'], rows: number, { manifest }: TowerSource): void {
  if (batch.kind !== 'text') return;
  const wrong = batch.ids.find((id) => id < 0 || id >= rows);
  if (wrong === undefined) return;
  throw new ClipgraphError(
    'MODEL_UNAVAILABLE',
    `The text has the token id ${wrong}; the model ${manifest.model} has embeddings for the ids 0 to ${rows - 1}: its tokenizer and its weights do not belong together.`,
  );
}

/** A loop: `every` calls a function for each of a hundred thousand numbers, while the device waits. */
function areFinite(values: Float32Array): boolean {
  for (const value of values) if (!Number.isFinite(value)) return false;
  return true;
}

/**
 * What the plugin returned, if it is what was asked for: finite numbers, `[size, dimensions]` or `[size, length, width]`.
 *
 * @throws RUNTIME_UNAVAILABLE
 */
export function checkedVectors(
  tensor: Tensor | undefined,
  batch: RunMessage['batch'],
  { manifest }: TowerSource,
): Float32Array {
  const { dimensions, isPerToken = false } = manifest;
  const shape = tensor?.dims.join(' × ') ?? 'nothing';
  const perContent =
    isPerToken && batch.kind === 'text' ? [batch.length, tensor?.dims.at(-1) ?? 0] : [dimensions];
  const expected = [batch.size, ...perContent];
  const count = expected.reduce((product, dim) => product * dim, 1);
  if (
    tensor?.dims.length !== expected.length ||
    tensor.dims.some((dim, i) => dim !== expected[i]) ||
    count === 0
  ) {
    throw new ClipgraphError(
      'RUNTIME_UNAVAILABLE',
      `The runtime returned ${shape} for ${manifest.output} where ${expected.join(' × ')} was expected.`,
    );
  }
  // A plugin may keep its numbers in another kind of array.
  const values = tensor.data instanceof Float32Array ? tensor.data.slice() : Float32Array.from(tensor.data);
  if (values.length !== count || !areFinite(values)) {
    throw new ClipgraphError(
      'RUNTIME_UNAVAILABLE',
      `The runtime returned values for ${manifest.output} that are missing or not finite numbers: the model's weights are damaged, or the runtime is.`,
    );
  }
  return values;
}
