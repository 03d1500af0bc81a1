import { ClipgraphError } from '../../errors/index.js';
import type { ModelConfig, OwnVision, TimmVision } from './schema.js';

/** Options of an image tower, by the schema of its family. */
type Options = Readonly<Record<string, unknown>>;

function refused(what: string): ClipgraphError {
  return new ClipgraphError('MODEL_UNAVAILABLE', `The model's open_clip_config.json says ${what}.`);
}

/** timm's names of image towers that are supported, and what each says without words. Source: timm/models/. */
const TIMM: readonly (readonly [RegExp, (name: string) => Options])[] = [
  [
    /^vit_(base|large|so400m|giantopt)_patch\d+_siglip_(gap_)?\d+$/,
    (name) => ({
      family: 'siglip',
      heads: { base: 12, large: 16, so400m: 16, giantopt: 16 }[name.split('_')[1]],
      activation: name.startsWith('vit_giantopt') ? 'gelu_pytorch_tanh' : 'gelu',
      epsilon: 1e-6,
    }),
  ],
  [
    /^eva02_(base|large)_patch\d+_clip_\d+$/,
    (name) => ({ family: 'eva02', heads: name.startsWith('eva02_base') ? 12 : 16, epsilon: 1e-6 }),
  ],
  [/^fastvit_mci[012]$/, () => ({ family: 'mobileclip' })],
];
const SUPPORTED =
  'vit_{base,large,so400m,giantopt}_patch*_siglip_*, eva02_{base,large}_patch*_clip_* and fastvit_mci{0,1,2} are';
/** How each takes one vector of its rows, and what comes after: nothing else is known of them. */
const ENDS: Readonly<Record<string, readonly [pool: readonly unknown[], projection: readonly unknown[]]>> = {
  siglip: [
    ['map', ''],
    ['none', '', null, undefined],
  ],
  eva02: [
    ['token', ''],
    ['', null, undefined],
  ],
  mobileclip: [
    ['avg', ''],
    ['', null, undefined],
  ],
};

function timmOptions({ timm_model_name, timm_pool, timm_proj }: TimmVision): Options {
  const [name] = timm_model_name.split('.');
  const [, optionsOf] = TIMM.find(([pattern]) => pattern.test(name)) ?? [];
  if (optionsOf === undefined || name.includes('_gap_'))
    throw refused(
      `timm_model_name: ${JSON.stringify(timm_model_name)}, which is not supported; ${SUPPORTED}`,
    );
  const options = optionsOf(name);
  const [pools, projections] = ENDS[options.family as string];
  if (!pools.includes(timm_pool))
    throw refused(`timm_pool: ${JSON.stringify(timm_pool)}, which is not supported for ${name}`);
  if (!projections.includes(timm_proj))
    throw refused(`timm_proj: ${JSON.stringify(timm_proj)}, which is not supported for ${name}`);
  return options;
}

function ownOptions(vision: OwnVision, activation: string): Options {
  const { width, head_width, norm_kwargs, pool_type, no_ln_pre, final_ln_after_pool } = vision;
  const isMean = pool_type === 'avg';
  if (isMean && final_ln_after_pool !== true)
    throw refused('pool_type: "avg" without final_ln_after_pool, which is not supported');
  return {
    heads: width / head_width,
    activation,
    epsilon: norm_kwargs?.eps ?? 1e-5,
    ...(isMean && { pooling: 'mean' }),
    ...(no_ln_pre === true && { hasPreNorm: false }),
  };
}

/** What a configuration's image tower is, and the edge of its pictures. */
export function describeImage(
  { vision_cfg: vision }: ModelConfig,
  activationOf: (kwargs: OwnVision['act_kwargs']) => string,
): { readonly imageSize: number; readonly options: Options } {
  const [imageSize, width = imageSize] = [vision.image_size].flat();
  if (imageSize !== width) {
    const message = `The model's pictures are ${imageSize} × ${width} pixels; only squares are supported.`;
    throw new ClipgraphError('MODEL_UNAVAILABLE', message);
  }
  const options =
    typeof vision.timm_model_name === 'string'
      ? timmOptions(vision)
      : ownOptions(vision, activationOf(vision.act_kwargs));
  return { imageSize, options };
}
