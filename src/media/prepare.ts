import {
  columnsOf,
  planCrop,
  preparePicture,
  type PillowVersion,
  type Picture,
  type PixelPlan,
} from '../core/image/index.js';
import { decodeImage, type DecodeOptions } from './decode.js';
import { toWebp } from './decoders/libvips.js';

export interface PrepareTask extends Omit<DecodeOptions, 'neededColumns'> {
  readonly bytes: Uint8Array;
  /** What the model's input is made of. */
  readonly plan: PixelPlan;
  readonly pillow: PillowVersion;
  /** Treat 16-bit grey as the references do. */
  readonly strict: boolean;
  /** The crop becomes a file of this format. */
  readonly encoding?: 'webp';
}

export interface PreparedImage {
  /** RGB pixels of the size of the plan's crop; or a file of it, where the task names a format. */
  readonly crop: Uint8Array;
  /** Pixels of the picture, after its EXIF orientation if that was applied. */
  readonly width: number;
  readonly height: number;
  /** The size after the resize, and where the crop lies in it: negative where it is padded. */
  readonly resized: readonly [width: number, height: number];
  readonly offset: readonly [left: number, top: number];
  /** What the picture holds, in words. */
  readonly contents: string;
}

function describe(picture: Picture): string {
  if (picture.kind === 'cmyk') return 'CMYK';
  if (picture.kind === 'grey16') return '16-bit grey';
  if (picture.kind === 'numbers') return '32-bit grey';
  const { alpha, isIndexed } = picture;
  const colours = isIndexed ? 'colours of a palette' : '8-bit colours or grey';
  return {
    none: colours,
    channel: `${colours} with an alpha channel`,
    key: `${colours}, one of them transparent`,
  }[alpha];
}

/**
 * From a file's bytes to the model's crop, to the bit as the convention's reference makes it.
 *
 * @throws UNDECODABLE_IMAGE, IMAGE_TOO_LARGE
 */
export async function prepareImage({
  bytes,
  plan,
  encoding,
  ...options
}: PrepareTask): Promise<PreparedImage> {
  const { pillow, strict } = options;
  const { picture, width, height } = await decodeImage(bytes, {
    ...options,
    neededColumns: (w, h) => columnsOf(planCrop(w, h, plan, pillow)),
  });
  const cropPlan = planCrop(width, height, plan, pillow);
  const { resizedWidth, resizedHeight, window, output } = cropPlan;
  const crop = preparePicture(picture, cropPlan, { convention: plan.convention, strict, isConsumed: true });
  return {
    crop: encoding === undefined ? crop : await toWebp(crop, plan.crop),
    width,
    height,
    resized: [resizedWidth, resizedHeight],
    offset: [window.left - output.left, window.top - output.top],
    contents: describe(picture),
  };
}
