import { compositeOnWhite, planCrop, resampleCrop } from '../clip/image/index.js';
import { decodeImage, type DecodeOptions } from './decode.js';

export interface PrepareTask extends DecodeOptions {
  readonly bytes: Uint8Array;
  /** The model's input edge in pixels. */
  readonly size: number;
}

export interface PreparedImage {
  /** `size × size` RGB pixels. */
  readonly crop: Uint8Array;
  /** Pixels of the picture, after its EXIF orientation if that was applied. */
  readonly width: number;
  readonly height: number;
}

/**
 * From a file's bytes to the model's crop, as transformers' `CLIPImageProcessorPil` makes it: transparency onto white,
 * the shortest side resized to `size`, the centre cut out.
 *
 * @throws UNDECODABLE_IMAGE, IMAGE_TOO_LARGE
 */
export async function prepareImage({ bytes, size, ...options }: PrepareTask): Promise<PreparedImage> {
  const decoded = await decodeImage(bytes, options);
  const { width, height } = decoded;
  const opaque = decoded.channels === 4 ? compositeOnWhite(decoded) : decoded;
  return { crop: resampleCrop(opaque, planCrop(width, height, size)).data, width, height };
}
