import { REVERSED, type Canvas, type Piece, place } from './canvas.js';
import { COMPRESSIONS, unpack, WITH_PREDICTOR } from './codecs.js';
import type { TiffHeader } from './header.js';
import { decodeSegment, isDecodedByLibvips } from './embedded.js';
import type { Layout } from './layout.js';
import { undoPredictor } from './predictor.js';
import { damaged, unsupported } from './refusal.js';

interface Cell {
  readonly left: number;
  readonly top: number;
  readonly columns: number;
  readonly rows: number;
  readonly band: number;
}

/** The bands that are stored apart; one where they are not, or there is only one. */
function bandsOf({ isPlanar }: TiffHeader, { kept }: Layout): number {
  return isPlanar && kept > 1 ? kept : 1;
}

/** Where the strip or tile of this number lies; undefined beyond the last one. */
function cellOf(header: TiffHeader, index: number, bands: number): Cell | undefined {
  const { width, height, segmentWidth, segmentHeight } = header;
  const across = Math.ceil(width / segmentWidth);
  const perBand = across * Math.ceil(height / segmentHeight);
  const band = Math.trunc(index / perBand);
  if (band >= bands) return undefined;
  const left = (index % across) * segmentWidth;
  const top = Math.trunc((index % perBand) / across) * segmentHeight;
  return {
    left,
    top,
    columns: Math.min(segmentWidth, width - left),
    rows: Math.min(segmentHeight, height - top),
    band,
  };
}

/**
 * Pieces that are not packed lie in the file as they are; how long they are said to be is not asked, as Pillow does not.
 *
 * Source: Pillow src/libImaging/RawDecode.c, and `_setup` for the strides.
 */
function* rawPieces(bytes: Uint8Array, header: TiffHeader, layout: Layout): Generator<Piece> {
  const { offsets, segmentWidth, width, height, segmentHeight, isPlanar, isLittle, isReversed } = header;
  const bands = bandsOf(header, layout);
  const bitsOfPixel = layout.bits * (bands > 1 ? 1 : layout.stored);
  // Of a picture that is one piece, Pillow takes the last offset.
  const isWhole = segmentWidth === width && segmentHeight === height && !isPlanar;
  const used = isWhole ? offsets.slice(-1) : offsets;
  for (const [index, offset] of used.entries()) {
    const cell = cellOf(header, index, bands);
    if (cell === undefined) return;
    const rowBytes = Math.ceil((cell.columns * bitsOfPixel) / 8);
    const isCut = cell.left + segmentWidth > width;
    const stride = isCut ? Math.trunc((segmentWidth * bitsOfPixel) / 8) : rowBytes;
    if (stride < rowBytes) throw damaged('its tiles are of a width that cannot be');
    const end = offset + stride * (cell.rows - 1) + rowBytes;
    if (end > bytes.length) throw damaged('it is cut short');
    const data = bytes.subarray(offset, end);
    yield { ...cell, band: bands > 1 ? cell.band : undefined, data, stride, isLittle, isReversed };
  }
}

/** Numbers that Pillow reads in the file's order although libtiff has brought them into the machine's. */
function isTurnedTwice({ isLittle }: TiffHeader, { kind, bits, isSigned }: Layout): boolean {
  return !isLittle && bits > 8 && (kind === 'float' || (kind === 'integer' && isSigned));
}

/** Pieces that are packed. Source: Pillow src/libImaging/TiffDecode.c, `_decodeStrip` and `_decodeTile`. */
async function* packedPieces(bytes: Uint8Array, header: TiffHeader, layout: Layout): AsyncGenerator<Piece> {
  const { compression, predictor, isTiled, segmentWidth, segmentHeight, offsets, byteCounts } = header;
  const bands = bandsOf(header, layout);
  const samples = bands > 1 ? 1 : layout.stored;
  const rowBytes = Math.ceil((segmentWidth * layout.bits * samples) / 8);
  const isLittle = isTurnedTwice(header, layout) ? !header.isLittle : header.isLittle;
  for (let index = 0; ; index++) {
    const cell = cellOf(header, index, bands);
    if (cell === undefined) return;
    if (index >= offsets.length || index >= byteCounts.length) throw damaged('parts of it are missing');
    const packed = bytes.subarray(offsets[index], offsets[index] + byteCounts[index]);
    const rows = isTiled ? segmentHeight : cell.rows;
    const band = bands > 1 ? cell.band : undefined;
    if (isDecodedByLibvips(compression)) {
      const decoded = await decodeSegment(packed, header, { columns: segmentWidth, rows, samples });
      yield { ...cell, band, ...decoded, isLittle, isReversed: false };
      continue;
    }
    const turned = header.isReversed ? packed.map((byte) => REVERSED[byte]) : packed;
    const data = unpack(compression, turned, rowBytes * rows, rowBytes * segmentHeight + 65_536);
    if (WITH_PREDICTOR.includes(compression))
      undoPredictor(data, predictor, { samples, bits: layout.bits, rowBytes }, header.isLittle);
    yield { ...cell, band, data, stride: rowBytes, isLittle, isReversed: false };
  }
}

/** Bands apart in ways that Pillow refuses, or reads to nonsense. */
function checkBands({ isPlanar, compression, extraSamples }: TiffHeader, layout: Layout): Layout {
  if (!isPlanar) return layout;
  const { kind, bits, isPremultiplied } = layout;
  const isRaw = compression === COMPRESSIONS.none;
  const isColour = kind === 'rgb' || kind === 'rgba' || kind === 'cmyk';
  const isSingle = layout.kept === 1 && layout.stored === 1;
  const isRead = isRaw
    ? isSingle
      ? bits === 8 || bits === 1 || kind === 'float'
      : isColour && bits === 8 && !isPremultiplied
    : isSingle || (isColour && extraSamples.length <= 1);
  if (!isRead) throw unsupported(`with bands of ${bits} bits that are stored apart`);
  // Of the way in which a single raw band is to be read, Pillow looks at the first letter only.
  return isRaw ? { ...layout, isInverted: false } : layout;
}

/**
 * Reads the strips or tiles of a picture onto the canvas.
 *
 * @throws UNDECODABLE_IMAGE, UNSUPPORTED_IMAGE_FORMAT
 */
export async function readSegments(
  bytes: Uint8Array,
  header: TiffHeader,
  layout: Layout,
  canvas: Canvas,
): Promise<void> {
  const read = checkBands(header, layout);
  if (header.offsets.length === 0) throw damaged('it says nowhere where its pixels lie');
  if (header.compression === COMPRESSIONS.none) {
    for (const piece of rawPieces(bytes, header, read)) place(canvas, read, piece);
  } else {
    for await (const piece of packedPieces(bytes, header, read)) place(canvas, read, piece);
  }
}
