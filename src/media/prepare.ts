import {
  columnsOf,
  planCrop,
  preparePicture,
  type Convention,
  type PillowVersion,
  type Picture,
} from '../core/image/index.js';
import { decodeImage, type DecodeOptions } from './decode.js';

export interface PrepareTask extends Omit<DecodeOptions, 'neededColumns'> {
  readonly bytes: Uint8Array;
  /** The model's input edge in pixels. */
  readonly size: number;
  readonly convention: Convention;
  readonly pillow: PillowVersion;
  /** Treat 16-bit grey as the references do. */
  readonly strict: boolean;
}

export interface PreparedImage {
  /** `size × size` RGB pixels. */
  readonly crop: Uint8Array;
  /** Pixels of the picture, after its EXIF orientation if that was applied. */
  readonly width: number;
  readonly height: number;
  /** The size after the resize, and where the crop lies in it. */
  readonly resized: readonly [width: number, height: number];
  readonly offset: readonly [left: number, top: number];
  /** What the picture holds, in words. */
  readonly contents: string;
}

function describe(picture: Picture): string {
  if (picture.kind === 'cmyk') return 'CMYK';
  if (picture.kind === 'grey16') return '16-bit grey';
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
export async function prepareImage({ bytes, size, ...options }: PrepareTask): Promise<PreparedImage> {
  const { convention, pillow, strict } = options;
  const planFor = (width: number, height: number) => planCrop(width, height, size, { convention, pillow });
  const { picture, width, height } = await decodeImage(bytes, {
    ...options,
    neededColumns: (w, h) => columnsOf(planFor(w, h)),
  });
  const plan = planFor(width, height);
  return {
    crop: preparePicture(picture, plan, { convention, strict }),
    width,
    height,
    resized: [plan.resizedWidth, plan.resizedHeight],
    offset: [plan.left, plan.top],
    contents: describe(picture),
  };
}
