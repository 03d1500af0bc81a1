import { numbersOf, readDirectory, type Directory } from '../metadata/directory.js';

/** Where and how the picture of a TIFF's first directory is stored. */
export interface TiffHeader {
  readonly directory: Directory;
  readonly isLittle: boolean;
  readonly width: number;
  readonly height: number;
  /** Bits of each stored sample of a pixel. */
  readonly bits: readonly number[];
  readonly compression: number;
  readonly photometric: number;
  /** What the samples beyond the colours mean: 0 unspecified, 1 alpha that colours are multiplied by, 2 alpha. */
  readonly extraSamples: readonly number[];
  /** 1 unsigned, 2 signed, 3 floating point. */
  readonly sampleFormat: number;
  /** Whether each band is stored apart. */
  readonly isPlanar: boolean;
  /** Whether a byte's first pixel is in its lowest bits. */
  readonly isReversed: boolean;
  readonly predictor: number;
  readonly isTiled: boolean;
  /** Sides of a tile; of a strip, the whole width and its rows. */
  readonly segmentWidth: number;
  readonly segmentHeight: number;
  readonly offsets: readonly number[];
  readonly byteCounts: readonly number[];
}

/** Source: TIFF 6.0, Appendix A. */
const TAGS = {
  width: 256,
  height: 257,
  bits: 258,
  compression: 259,
  photometric: 262,
  fillOrder: 266,
  stripOffsets: 273,
  samples: 277,
  rowsPerStrip: 278,
  stripByteCounts: 279,
  planar: 284,
  predictor: 317,
  tileWidth: 322,
  tileLength: 323,
  tileOffsets: 324,
  tileByteCounts: 325,
  extraSamples: 338,
  sampleFormat: 339,
} as const;

/** More samples of a pixel no layout has. Source: Pillow src/PIL/TiffImagePlugin.py, `MAX_SAMPLESPERPIXEL`. */
const MAX_SAMPLES = 6;
const COLOUR_SAMPLES: Readonly<Record<number, number>> = { 2: 3, 5: 4, 6: 3, 8: 3 };

/** The bits of each sample, as Pillow mends files that state too many or one for all. */
function bitsOf(stated: readonly number[], samples: number): readonly number[] | undefined {
  if (samples < 1 || samples > MAX_SAMPLES) return undefined;
  if (stated.length === 1) return Array<number>(samples).fill(stated[0]);
  return stated.length < samples ? undefined : stated.slice(0, samples);
}

/**
 * Reads the header of a TIFF.
 *
 * @returns undefined where there is none, or a field that it takes to find the pixels is missing or impossible
 * Source: Pillow src/PIL/TiffImagePlugin.py, `_setup`.
 */
export function readTiffHeader(bytes: Uint8Array): TiffHeader | undefined {
  const directory = readDirectory(bytes);
  if (directory === undefined) return undefined;
  const list = (tag: number): number[] => numbersOf(directory, tag) ?? [];
  const one = (tag: number, otherwise: number): number => numbersOf(directory, tag, 1)?.at(0) ?? otherwise;

  const width = one(TAGS.width, 0);
  const height = one(TAGS.height, 0);
  const isTiled = !directory.fields.has(TAGS.stripOffsets);
  const segmentWidth = isTiled ? one(TAGS.tileWidth, 0) : width;
  const segmentHeight = isTiled ? one(TAGS.tileLength, 0) : Math.min(one(TAGS.rowsPerStrip, height), height);
  const sides = [width, height, segmentWidth, segmentHeight];
  if (!sides.every((side) => Number.isInteger(side) && side > 0)) return undefined;

  const compression = one(TAGS.compression, 1);
  const photometric = one(TAGS.photometric, 0);
  const isPlanar = one(TAGS.planar, 1) === 2;
  let extraSamples = list(TAGS.extraSamples);
  let samples = one(TAGS.samples, 1);
  // Bands of their own that nobody said anything of are not read.
  if (isPlanar && extraSamples.length > 0 && extraSamples.every((extra) => extra === 0)) {
    samples -= extraSamples.length;
    extraSamples = [];
  }
  // No more of them are looked at, however many are stated.
  const bits = bitsOf(numbersOf(directory, TAGS.bits, MAX_SAMPLES) ?? [1], samples);
  if (bits === undefined || bits.length < (COLOUR_SAMPLES[photometric] ?? 1)) return undefined;
  const formats = list(TAGS.sampleFormat);
  return {
    directory,
    isLittle: directory.isLittle,
    width,
    height,
    bits,
    compression,
    photometric,
    extraSamples,
    sampleFormat: formats.every((format) => format === formats[0]) ? (formats.at(0) ?? 1) : 0,
    isPlanar,
    isReversed: one(TAGS.fillOrder, 1) === 2,
    predictor: one(TAGS.predictor, 1),
    isTiled,
    segmentWidth,
    segmentHeight,
    offsets: list(isTiled ? TAGS.tileOffsets : TAGS.stripOffsets),
    byteCounts: list(isTiled ? TAGS.tileByteCounts : TAGS.stripByteCounts),
  };
}
