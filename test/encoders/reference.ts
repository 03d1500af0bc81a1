import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const COMMITTED = path.join(__dirname, '..', 'goldens', 'dual-encoders');
const WHOLE = path.join(__dirname, '..', '..', '..', 'shared', 'dual-encoders', 'models');

/** What the reference makes of one family's model: transformers 5.24.0 or open_clip 3.3.0 with timm, over torch in float32. */
export interface Reference {
  readonly texts: readonly { readonly text: string; readonly input_ids: readonly number[] }[];
  readonly images: readonly {
    readonly name: string;
    readonly u8_sha256: string;
    readonly pixel_values_sha256: string;
  }[];
  /** Not normalised. */
  readonly text_embeds?: readonly (readonly number[])[];
  readonly image_embeds: readonly (readonly number[])[];
  readonly logits_per_image?: readonly (readonly number[])[];
  readonly scores?: 'softmax' | 'sigmoid';
  readonly probs?: readonly (readonly number[])[];
  readonly probs_per_image?: readonly (readonly number[])[];
  /** Of SigLIP 2: as AutoTokenizer takes the published files, which is not in lower case. */
  readonly auto?: {
    readonly input_ids: readonly (readonly number[])[];
    readonly text_embeds: readonly (readonly number[])[];
  };
}

/** The folder of a family's model with random weights. */
export function modelFolder(family: string): string {
  const whole = path.join(WHOLE, family);
  // MetaCLIP 2's tokenizer is another family's, which only the committed folder has beside it.
  return existsSync(path.join(whole, 'config.json')) && family !== 'metaclip2' && existsSync(whole)
    ? whole
    : path.join(COMMITTED, family);
}

export function readReference(family: string): Reference {
  return JSON.parse(readFileSync(path.join(modelFolder(family), 'goldens.json'), 'utf8')) as Reference;
}
