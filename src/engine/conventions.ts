import type { Convention } from '../core/image/index.js';
import type { TextConvention } from '../core/text/index.js';
import type { Config } from '../config/index.js';
import type { Model } from '../models/index.js';

/** Whose preparation is followed: the configuration's, or else the model's. */
export function conventionOf({ preparation }: Config, { manifest }: Model): Convention {
  const { convention } = preparation;
  return convention === 'model' ? manifest.preparation.convention : convention;
}

/** The same for texts, which `hf` and `hf4` treat alike. */
export function textConventionOf(config: Config, model: Model): TextConvention {
  return conventionOf(config, model) === 'openai' ? 'openai' : 'hf';
}
