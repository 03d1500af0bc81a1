import type { Content, Embedding, EmbedOptions } from '../../engine/index.js';
import { ClipgraphError } from '../../errors/index.js';
import type { Context } from '../context.js';
import { Orientation, type EmbedOptionsInput } from './inputs.js';

/** The schema's options as the engine's; absent and null mean the same. */
export function toEmbedOptions(options: EmbedOptionsInput | undefined | null): EmbedOptions {
  return {
    model: options?.model ?? undefined,
    runtime: options?.runtime ?? undefined,
    normalize: options?.normalize ?? true,
    truncate: options?.truncate ?? false,
    isOriented: options?.orientation == null ? undefined : options.orientation === Orientation.APPLY,
  };
}

/**
 * Contents of a request embedded, all or none: a failure says which of them is at fault.
 *
 * @param argument that they were given in
 */
export async function embedAll(
  { embedder, signal }: Context,
  contents: readonly Content[],
  options: EmbedOptions,
  argument: string,
): Promise<Embedding[]> {
  const results = await embedder.embedEach(contents, options, { signal });
  return results.map((result, index) => {
    if (result instanceof ClipgraphError) throw result.at({ argument, index });
    return result;
  });
}

/** The same for a single content. */
export async function embedOne(
  context: Context,
  content: Content,
  options: EmbedOptions,
  argument: string,
): Promise<Embedding> {
  const [embedding] = await embedAll(context, [content], options, argument);
  return embedding;
}
