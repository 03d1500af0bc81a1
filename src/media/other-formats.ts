/** A format of pictures that is known but not decoded. */
export interface OtherFormat {
  readonly name: string;
  /** In lower case, with the dot. */
  readonly extensions: readonly string[];
  /** The command that makes a PNG or JPEG of it. */
  readonly command: string;
  readonly matches: (bytes: Uint8Array) => boolean;
}

const text = (bytes: Uint8Array, from: number, to: number): string =>
  Buffer.from(bytes.subarray(from, to)).toString('latin1');

function startsWith(...beginnings: readonly string[]): (bytes: Uint8Array) => boolean {
  return (bytes) => beginnings.some((beginning) => text(bytes, 0, beginning.length) === beginning);
}

/** The brands of an ISO media file: the major one, then those that it is compatible with. */
export function brandsOf(bytes: Uint8Array): readonly string[] {
  if (text(bytes, 4, 8) !== 'ftyp') return [];
  const length = Math.min((bytes[2] << 8) | bytes[3], 256, bytes.length);
  const brands = [text(bytes, 8, 12)];
  for (let at = 16; at + 4 <= length; at += 4) brands.push(text(bytes, at, at + 4));
  return brands;
}

/** AVIF by its major brand, or a general one that says what it is compatible with. */
export function isAvif(bytes: Uint8Array): boolean {
  const [major, ...others] = brandsOf(bytes);
  return ['avif', 'avis'].some(
    (brand) => brand === major || (['mif1', 'msf1'].includes(major) && others.includes(brand)),
  );
}

const HEIF_BRANDS = ['heic', 'heix', 'hevc', 'hevx', 'heim', 'heis', 'mif1', 'msf1'];

/** SVG, after declarations and comments. */
function isSvg(bytes: Uint8Array): boolean {
  const start = text(bytes, 0, 4096);
  return /^(?:\xef\xbb\xbf)?\s*<[?!s]/i.test(start) && /<svg[\s>]/i.test(start);
}

/** Formats that people have and that are not decoded, with what to do. */
export const OTHER_FORMATS: readonly OtherFormat[] = [
  {
    name: 'HEIC',
    extensions: ['.heic', '.heif', '.hif', '.heics', '.heifs'],
    command:
      'heif-convert picture.heic picture.jpg (on macOS: sips -s format jpeg picture.heic --out picture.jpg)',
    matches: (bytes) => HEIF_BRANDS.includes(brandsOf(bytes)[0]) && !isAvif(bytes),
  },
  {
    name: 'JPEG XL',
    extensions: ['.jxl'],
    command: 'djxl picture.jxl picture.png',
    matches: startsWith('\xff\x0a', '\0\0\0\x0cJXL \r\n\x87\n'),
  },
  {
    name: 'BMP',
    extensions: ['.bmp', '.dib'],
    command: 'magick picture.bmp picture.png',
    matches: (bytes) => text(bytes, 0, 2) === 'BM' && bytes[6] + bytes[7] + bytes[8] + bytes[9] === 0,
  },
  {
    name: 'JPEG 2000',
    extensions: ['.jp2', '.j2k', '.j2c', '.jpf', '.jpx', '.jpc'],
    command: 'opj_decompress -i picture.jp2 -o picture.png',
    matches: startsWith('\0\0\0\x0cjP  \r\n\x87\n', '\xff\x4f\xff\x51'),
  },
  {
    name: 'SVG',
    extensions: ['.svg', '.svgz'],
    command: 'rsvg-convert picture.svg -o picture.png',
    matches: isSvg,
  },
  {
    name: 'PDF',
    extensions: ['.pdf'],
    command: 'pdftoppm -png document.pdf page',
    matches: startsWith('%PDF-'),
  },
  {
    name: 'Photoshop',
    extensions: ['.psd', '.psb'],
    command: "magick 'picture.psd[0]' picture.png",
    matches: startsWith('8BPS'),
  },
  {
    name: 'icon',
    extensions: ['.ico', '.cur', '.icns'],
    command: "magick 'picture.ico[0]' picture.png",
    matches: startsWith('\0\0\x01\0', '\0\0\x02\0', 'icns'),
  },
  {
    name: 'Netpbm',
    extensions: ['.pbm', '.pgm', '.ppm', '.pnm', '.pam', '.pfm'],
    command: 'magick picture.ppm picture.png',
    matches: (bytes) => /^P[1-7fF][\s#]/.test(text(bytes, 0, 3)),
  },
  {
    name: 'OpenEXR or Radiance',
    extensions: ['.exr', '.hdr'],
    command: 'magick picture.exr picture.png',
    matches: startsWith('\x76\x2f\x31\x01', '#?RADIANCE', '#?RGBE'),
  },
  {
    name: 'QOI',
    extensions: ['.qoi'],
    command: 'magick picture.qoi picture.png',
    matches: startsWith('qoif'),
  },
  {
    name: "camera's raw",
    extensions: [
      '.dng',
      '.cr2',
      '.cr3',
      '.nef',
      '.nrw',
      '.arw',
      '.orf',
      '.raf',
      '.rw2',
      '.pef',
      '.srw',
      '.raw',
    ],
    command: 'dcraw -c picture.nef | magick - picture.jpg',
    matches: (bytes) =>
      startsWith('FUJIFILMCCD-RAW', 'II\x55\0', 'IIRO', 'IIRS', 'MMOR')(bytes) ||
      text(bytes, 8, 10) === 'CR' ||
      brandsOf(bytes)[0] === 'crx ',
  },
  {
    name: 'TGA',
    extensions: ['.tga'],
    command: 'magick picture.tga picture.png',
    matches: () => false, // Nothing at its beginning tells it.
  },
];

/** The format of these bytes, where it is one that is known but not decoded. */
export function otherFormatOf(bytes: Uint8Array): OtherFormat | undefined {
  return OTHER_FORMATS.find(({ matches }) => matches(bytes));
}

/** The format that a file's extension names, where it is one that is known but not decoded. */
export function otherFormatNamed(extension: string): OtherFormat | undefined {
  return OTHER_FORMATS.find(({ extensions }) => extensions.includes(extension.toLowerCase()));
}
