import { clipPlan } from '../../core/image/index.js';
import { check, type ModelDescription, type Preparation } from '../description.js';
import { describeImage } from './image.js';
import { configSchema, type OwnText, type PreprocessConfig } from './schema.js';
import { describeText } from './text.js';

/** How open_clip prepares pictures for a square image tower. */
function preparationOf(
  { mean, std, interpolation, resize_mode }: PreprocessConfig,
  imageSize: number,
): Preparation {
  const { crop, ...plan } = clipPlan(imageSize);
  return {
    ...plan,
    convention: 'openai',
    resize: resize_mode === 'squash' ? crop : plan.resize,
    // `random` is of training.
    filter: interpolation === 'bilinear' ? 'bilinear' : 'bicubic',
    mean: mean ?? plan.mean,
    std: std ?? plan.std,
  };
}

/**
 * What an `open_clip_config.json` describes: each tower by its own family.
 *
 * @param name of the file
 * @throws MODEL_UNAVAILABLE when it uses what isn't supported
 */
export function describeOpenClip(value: unknown, name: string): ModelDescription {
  const { model_cfg: model, preprocess_cfg: preprocess } = check(configSchema, value, name);
  const activationOf = (kwargs: OwnText['act_kwargs']): string =>
    model.quick_gelu ? 'quick_gelu' : kwargs?.approximate === 'tanh' ? 'gelu_pytorch_tanh' : 'gelu';
  const { imageSize, options: image } = describeImage(model, activationOf);
  const { options: text, ...reading } = describeText(model, activationOf);
  // A bias is trained together with a sigmoid. Source: open_clip/loss.py, `SigLipLoss`.
  const isSigmoid = model.init_logit_bias != null;
  return {
    architecture: isSigmoid ? 'SigLIP (open_clip)' : 'CLIP (open_clip)',
    projection: model.embed_dim,
    imageSize,
    encoders: { text, image },
    ...reading,
    ...(isSigmoid && { scoring: 'sigmoid' as const }),
    preparation: preparationOf(preprocess, imageSize),
  };
}
