import { OTHER_FORMATS, otherFormatNamed } from '../../src/media/index.js';
import { sniffFormat } from '../../src/media/sniff.js';

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

describe('a picture in a format that is not decoded', () => {
  it.each([
    ['HEIC', '\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'heif-convert'],
    ['HEIC', '\0\0\0\x18ftypmif1\0\0\0\0mif1heic', 'heif-convert'],
    ['JPEG XL', '\xff\x0a\0\0', 'djxl'],
    ['JPEG XL', '\0\0\0\x0cJXL \r\n\x87\n', 'djxl'],
    ['BMP', 'BM\x46\0\0\0\0\0\0\0\x36\0\0\0', 'magick'],
    ['JPEG 2000', '\0\0\0\x0cjP  \r\n\x87\n', 'opj_decompress'],
    ['SVG', '<?xml version="1.0"?><!-- drawn --><svg width="9">', 'rsvg-convert'],
    ['PDF', '%PDF-1.7', 'pdftoppm'],
    ['Photoshop', '8BPS\0\x01', 'magick'],
    ['icon', '\0\0\x01\0\x01\0', 'magick'],
    ['Netpbm', 'P6\n3 2\n255\n', 'magick'],
    ['QOI', 'qoif\0\0\0\x01', 'magick'],
    ["camera's raw", 'II*\0\x10\0\0\0CR\x02\0', 'dcraw'],
  ])('%s (%j) is refused by its name, with the command that converts it', (name, start, command) => {
    const sniff = () => sniffFormat(latin1(start));
    expect(sniff).toThrow(expect.objectContaining({ code: 'UNSUPPORTED_IMAGE_FORMAT' }));
    expect(sniff).toThrow(`in the format ${name}, which is not decoded. Convert it first: ${command}`);
  });

  it('is known by its extension too, in any case', () => {
    expect(otherFormatNamed('.HEIC')?.name).toBe('HEIC');
    expect(otherFormatNamed('.jxl')?.command).toContain('djxl');
    expect(otherFormatNamed('.png')).toBeUndefined();
  });

  it('has no extension in common with another', () => {
    const extensions = OTHER_FORMATS.flatMap((format) => format.extensions);
    expect(new Set(extensions).size).toBe(extensions.length);
  });
});

describe('the first bytes', () => {
  it.each([
    ['tiff', 'II*\0\x08\0\0\0'],
    ['tiff', 'MM\0*\0\0\0\x08'],
    ['tiff', 'II+\0\x08\0\0\0'],
    ['tiff', 'MM\0+\0\x08\0\0'],
    ['avif', '\0\0\0\x1cftypavif\0\0\0\0mif1'],
    ['avif', '\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf'],
    ['jpeg', '\xff\xd8\xff\xe0'],
  ])('say %s (%j)', (format, start) => {
    expect(sniffFormat(latin1(start))).toBe(format);
  });

  it('that nobody knows are refused with what is read', () => {
    expect(() => sniffFormat(latin1('hello'))).toThrow('Send JPEG, PNG, WebP, GIF, TIFF or AVIF');
  });
});
