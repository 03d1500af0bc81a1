import { z } from 'zod';
import { bertTextOptions, buildBertText } from './bert/index.js';
import type { Checkpoint } from './checkpoint.js';
import { buildClipImage, buildClipText, clipImageOptions, clipTextOptions } from './clip/index.js';
import { buildEva02Image, eva02ImageOptions } from './eva02/index.js';
import { ClipgraphError } from '../errors/index.js';
import type { GraphForm } from '../runtime/index.js';
import type { PictureInput } from './graph/ends.js';
import { buildMobileClipImage, mobileClipImageOptions } from './mobileclip/index.js';
import { buildSiglipImage, siglipImageOptions } from './siglip/index.js';

/** What the tensors of a text tower can't say about it, by its family; CLIP's where none is named. */
export const textOptions = z.discriminatedUnion('family', [clipTextOptions, bertTextOptions]);

/** The same of an image tower. */
export const imageOptions = z.discriminatedUnion('family', [
  clipImageOptions,
  siglipImageOptions,
  eva02ImageOptions,
  mobileClipImageOptions,
]);

export type TextOptions = z.infer<typeof textOptions>;
export type ImageOptions = z.infer<typeof imageOptions>;

/** Of the other families, what changes no number may be left out; fewer bits may not. */
function checkForm(family: string, { precision }: GraphForm): void {
  if (precision === undefined) return;
  const message = `Towers of the family ${family} run in 32 bits alone; ${precision} is for CLIP's own. Choose another precision for the runtime.`;
  throw new ClipgraphError('MODEL_UNAVAILABLE', message);
}

/**
 * The ONNX graph of a text tower over a checkpoint's tensors.
 *
 * @throws MODEL_UNAVAILABLE when the checkpoint is not laid out as its family's are
 */
export function buildTextTower(
  checkpoint: Checkpoint,
  options: TextOptions,
  form: GraphForm = {},
): Uint8Array {
  if (options.family !== 'bert') return buildClipText(checkpoint, options, form);
  checkForm(options.family, form);
  return buildBertText(checkpoint, options);
}

/**
 * The ONNX graph of an image tower over a checkpoint's tensors.
 *
 * @throws MODEL_UNAVAILABLE when the checkpoint is not laid out as its family's are
 */
export function buildImageTower(
  checkpoint: Checkpoint,
  options: ImageOptions,
  picture: PictureInput,
  form: GraphForm = {},
): Uint8Array {
  if (options.family !== undefined && options.family !== 'clip') checkForm(options.family, form);
  switch (options.family) {
    case 'siglip':
      return buildSiglipImage(checkpoint, options, picture);
    case 'eva02':
      return buildEva02Image(checkpoint, options, picture);
    case 'mobileclip':
      return buildMobileClipImage(checkpoint, picture);
    default:
      return buildClipImage(checkpoint, options, picture, form);
  }
}
