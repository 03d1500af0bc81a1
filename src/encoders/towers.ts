import { z } from 'zod';
import { bertTextOptions, buildBertText } from './bert/index.js';
import type { Checkpoint } from './checkpoint.js';
import { buildClipImage, buildClipText, clipImageOptions, clipTextOptions } from './clip/index.js';
import { buildEva02Image, eva02ImageOptions } from './eva02/index.js';
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

/**
 * The ONNX graph of a text tower over a checkpoint's tensors.
 *
 * @throws MODEL_UNAVAILABLE when the checkpoint is not laid out as its family's are
 */
export function buildTextTower(checkpoint: Checkpoint, options: TextOptions): Uint8Array {
  return options.family === 'bert' ? buildBertText(checkpoint, options) : buildClipText(checkpoint, options);
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
): Uint8Array {
  switch (options.family) {
    case 'siglip':
      return buildSiglipImage(checkpoint, options, picture);
    case 'eva02':
      return buildEva02Image(checkpoint, options, picture);
    case 'mobileclip':
      return buildMobileClipImage(checkpoint, picture);
    default:
      return buildClipImage(checkpoint, options, picture);
  }
}
