import { z } from 'zod';
import { altClip, chineseClip, multilingualClip } from './bert/index.js';
import type { Checkpoint } from './checkpoint.js';
import { clip } from './clip/index.js';
import { check, type ModelDescription } from './description.js';
import type { Family } from './family.js';
import { metaclip2 } from './metaclip2/index.js';
import { fromOpenClip } from './open-clip/index.js';
import { siglip } from './siglip/index.js';

/** Every family of transformers' that is known; the first one whose names a checkpoint has renames it. */
export const FAMILIES: readonly Family[] = [siglip, chineseClip, altClip, multilingualClip, metaclip2, clip];

const modelTypes = FAMILIES.flatMap(({ modelTypes: types }) => types);
const configSchema = z.looseObject({
  model_type: z.enum(modelTypes, {
    error: ({ input }) =>
      `${input === undefined ? 'no model_type' : JSON.stringify(input)} is not supported; ${modelTypes.join(', ')} are`,
  }),
});

/**
 * What a `config.json` of transformers describes.
 *
 * @param file its name, for messages
 * @throws MODEL_UNAVAILABLE when it is of no family that is known, or uses what isn't supported
 */
export function describeTransformers(config: unknown, file: string): ModelDescription {
  const { model_type } = check(configSchema, config, file);
  const family = FAMILIES.find(({ modelTypes: types }) => types.includes(model_type)) ?? clip;
  return family.describe(config, file);
}

/** A checkpoint's tensors under the names that graphs are built over, whoever wrote it: those of transformers' CLIPModel. */
export function withUsualNames(checkpoint: Checkpoint): Checkpoint {
  for (const rename of [fromOpenClip, ...FAMILIES.map((family) => family.rename)]) {
    const renamed = rename(checkpoint);
    if (renamed !== undefined) return renamed;
  }
  return checkpoint;
}
