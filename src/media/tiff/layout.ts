import { COMPRESSIONS } from './codecs.js';
import type { TiffHeader } from './header.js';
import { unsupported } from './refusal.js';

/** How the samples of a pixel become what Pillow holds of it. */
export interface Layout {
  readonly kind:
    'bilevel' | 'grey' | 'grey16' | 'integer' | 'float' | 'indices' | 'grey-alpha' | 'rgb' | 'rgba' | 'cmyk';
  /** Samples stored of a pixel, and how many of them, from the first, are kept. */
  readonly stored: number;
  readonly kept: number;
  /** Bits of a sample. */
  readonly bits: number;
  readonly isSigned: boolean;
  /** White is zero. */
  readonly isInverted: boolean;
  /** The colours are multiplied by the alpha: they are divided by it. */
  readonly isPremultiplied: boolean;
}

const PHOTOMETRIC = {
  whiteIsZero: 0,
  blackIsZero: 1,
  rgb: 2,
  palette: 3,
  cmyk: 5,
  ycbcr: 6,
  lab: 8,
} as const;
const NAMES: Readonly<Record<number, string>> = {
  0: 'in grey, white zero,',
  1: 'in grey',
  2: 'in RGB',
  3: 'with a palette',
  4: 'with a mask',
  5: 'in CMYK',
  6: 'in YCbCr',
  8: 'in Lab',
};
/** Corel Draw 10 writes this for its alpha. */
const COREL_ALPHA = 999;

type Found = Partial<Layout> & Pick<Layout, 'kind' | 'kept'>;

/** One sample a pixel, without a palette. */
function greyLayout({ isLittle, photometric, sampleFormat }: TiffHeader, bits: number): Found | undefined {
  const isInverted = photometric === PHOTOMETRIC.whiteIsZero;
  const grey = (kind: Layout['kind']): Found => ({ kind, kept: 1, isInverted, isSigned: sampleFormat === 2 });
  if (sampleFormat === 1) {
    if (bits === 1) return grey('bilevel');
    if (bits === 2 || bits === 4 || bits === 8) return grey('grey');
    if (bits === 12 && isLittle && !isInverted) return grey('grey16');
    // Pillow does not invert these.
    if (bits === 16 && (isLittle || !isInverted)) return { ...grey('grey16'), isInverted: false };
    if (bits === 32 && isLittle && !isInverted) return grey('integer');
  }
  if (sampleFormat === 2 && !isInverted) {
    if (bits === 8) return grey('grey');
    if (bits === 16 || bits === 32) return grey('integer');
  }
  if (sampleFormat === 3 && bits === 32) return { ...grey('float'), isInverted: false };
  return undefined;
}

/** RGB and what may follow it. */
function rgbLayout(bits: number, extras: readonly number[]): Found | undefined {
  const others = extras.slice(1);
  if (bits !== 8 && (bits !== 16 || extras.length > 1)) return undefined;
  if (others.some((extra) => extra !== 0) || extras.length > 3) return undefined;
  switch (extras.at(0)) {
    case undefined:
    case 0:
      return { kind: 'rgb', kept: 3 };
    case 1:
      return { kind: 'rgba', kept: 4, isPremultiplied: true };
    case 2:
      return { kind: 'rgba', kept: 4 };
    case COREL_ALPHA:
      return bits === 8 && extras.length === 1 ? { kind: 'rgba', kept: 4 } : undefined;
    default:
      return undefined;
  }
}

function find(header: TiffHeader, bits: number): Found | undefined {
  const { photometric, sampleFormat, extraSamples: extras, bits: stored } = header;
  const isPlain = sampleFormat === 1 && bits === 8;
  if (photometric <= PHOTOMETRIC.blackIsZero) {
    if (stored.length === 1 && extras.length === 0) return greyLayout(header, bits);
    if (photometric === PHOTOMETRIC.blackIsZero && isPlain && stored.length === 2 && extras.length === 1) {
      if (extras[0] === 0) return { kind: 'grey', kept: 1 };
      if (extras[0] === 2) return { kind: 'grey-alpha', kept: 2 };
    }
    return undefined;
  }
  if (sampleFormat !== 1) return undefined;
  switch (photometric) {
    case PHOTOMETRIC.rgb:
      // Four samples without a word on the fourth are RGBA.
      if (stored.length === 4 && extras.length === 0) return rgbLayout(bits, [2]);
      return stored.length === 3 + extras.length ? rgbLayout(bits, extras) : undefined;
    case PHOTOMETRIC.palette:
      if (stored.length === 1 && extras.length === 0 && [1, 2, 4, 8].includes(bits))
        return { kind: 'indices', kept: 1 };
      return isPlain && stored.length === 2 && extras.length === 1 && extras[0] === 0
        ? { kind: 'indices', kept: 1 }
        : undefined;
    case PHOTOMETRIC.cmyk: {
      const isKnown = bits === 8 ? extras.length <= 2 : bits === 16 && extras.length === 0;
      if (!isKnown || extras.some((extra) => extra !== 0) || stored.length !== 4 + extras.length)
        return undefined;
      return { kind: 'cmyk', kept: 4 };
    }
    case PHOTOMETRIC.ycbcr:
      if (!isPlain || extras.length > 0) return undefined;
      if (stored.length === 1) return { kind: 'grey', kept: 1 };
      // libjpeg gives RGB; other YCbCr is converted in ways that are not promised.
      return stored.length === 3 && header.compression === COMPRESSIONS.jpeg
        ? { kind: 'rgb', kept: 3 }
        : undefined;
    default:
      return undefined;
  }
}

/**
 * What Pillow makes of a file's samples.
 *
 * @throws UNSUPPORTED_IMAGE_FORMAT for what it does not read, or what is not promised
 * Source: Pillow src/PIL/TiffImagePlugin.py, `OPEN_INFO`.
 */
export function layoutOf(header: TiffHeader): Layout {
  const { bits, photometric, isReversed, sampleFormat } = header;
  const isPacked = header.compression !== COMPRESSIONS.none;
  const isUniform = bits.every((each) => each === bits[0]);
  const found = isUniform ? find(header, bits[0]) : undefined;
  // Where a byte's bits are reversed, Pillow knows single samples and plain RGB alone.
  const isKnownReversed =
    bits.length === 1
      ? sampleFormat === 1 && ![12, 32].includes(bits[0]) && (bits[0] < 8 || photometric !== 0 || isPacked)
      : found?.kind === 'rgb' && bits.length === 3 && bits[0] === 8;
  const isKnown = !isReversed || isKnownReversed;
  if (found === undefined || !isKnown) {
    const format = ['', '', ', signed', ', floating point'][sampleFormat] ?? '';
    const depths = [...new Set(bits)].join(' and ');
    const name = NAMES[photometric] ?? `of photometric interpretation ${photometric}`;
    throw unsupported(`${name} with ${bits.length} samples of ${depths} bits${format}`);
  }
  return {
    isSigned: false,
    isInverted: false,
    isPremultiplied: false,
    stored: bits.length,
    bits: bits[0],
    ...found,
  };
}
