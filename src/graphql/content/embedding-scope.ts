import { askAtOnce, type Ask, type EmbedOptions } from '../../engine/index.js';
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

/** How the questions of a request have their contents embedded: at once, or not at all. */
export function askOf({ embedder, signal, client }: Context, options: EmbedOptions): Ask {
  return askAtOnce(embedder, options, { signal, client });
}
