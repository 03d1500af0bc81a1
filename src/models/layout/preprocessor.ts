import {
  CLIP_NORMALIZATION,
  FILTERS,
  type Filter,
  type Normalization,
  type Resize,
  type Size,
} from '../../core/image/index.js';
import type { Preparation } from '../../encoders/index.js';
import { ClipgraphError } from '../../errors/index.js';

type Fields = Readonly<Record<string, unknown>>;

/** What a class of transformers does where a file says nothing. */
interface Defaults {
  readonly size: unknown;
  readonly crop_size: unknown;
  readonly do_center_crop: boolean;
  readonly resample: Filter;
  readonly normalization: Pick<Normalization, 'mean' | 'std'>;
}

const CLIP: Defaults = {
  size: { shortest_edge: 224 },
  crop_size: { height: 224, width: 224 },
  do_center_crop: true,
  resample: 'bicubic',
  normalization: CLIP_NORMALIZATION,
};
const SIGLIP: Defaults = {
  size: { height: 224, width: 224 },
  crop_size: undefined,
  do_center_crop: false,
  resample: 'bicubic',
  normalization: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
};

/** Source: transformers models/<family>/image_processing_pil_<family>.py. */
const PROCESSORS: Readonly<Record<string, Defaults>> = {
  CLIPImageProcessor: CLIP,
  ChineseCLIPImageProcessor: CLIP,
  SiglipImageProcessor: SIGLIP,
  ViTImageProcessor: { ...SIGLIP, resample: 'bilinear' },
};
/** Processors whose `size` is a square where it is one number. */
const SQUARE = new Set(['ViTImageProcessor']);

/** What changes no pixel: names, and what describes the call instead of the pixels. */
const HARMLESS = new Set([
  '_valid_processor_keys',
  'auto_map',
  'data_format',
  'device',
  'disable_grouping',
  'feature_extractor_type',
  'image_processor_type',
  'image_seq_length',
  'input_data_format',
  'model_input_names',
  'pad_size',
  'processor_class',
  'return_tensors',
  'transformers_version',
  'use_fast',
  // A picture that is not RGB is an error of the reference without it; one that is, is as it was.
  'do_convert_rgb',
]);
const READ = new Set([
  ...['do_resize', 'size', 'default_to_square', 'use_square_size', 'resample', 'do_center_crop', 'crop_size'],
  ...['do_rescale', 'rescale_factor', 'do_normalize', 'image_mean', 'image_std'],
]);

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reads the fields of one preprocessor's file. */
class Reader {
  readonly #fields: Fields;
  readonly #file: string;

  constructor(fields: Fields, file: string) {
    this.#fields = fields;
    this.#file = file;
  }

  refuse(key: string, value: unknown, reason: string): ClipgraphError {
    const said = value === undefined ? 'nothing' : JSON.stringify(value);
    const short = said.length > 100 ? `${said.slice(0, 100)}…` : said;
    const message = `The model's ${this.#file} says ${key}: ${short}, which is not supported: ${reason}.`;
    return new ClipgraphError('MODEL_UNAVAILABLE', message);
  }

  has(key: string): boolean {
    return Object.hasOwn(this.#fields, key);
  }

  get(key: string, absent?: unknown): unknown {
    return this.has(key) ? this.#fields[key] : absent;
  }

  /** A switch; `null` is off, as in Python. */
  flag(key: string, absent: boolean): boolean {
    const value = this.get(key, absent);
    if (value === null) return false;
    if (typeof value !== 'boolean') throw this.refuse(key, value, 'it must be true or false');
    return value;
  }

  /** Two sides from their one or two numbers, or from their names. */
  sides(key: string, value: unknown): Size | undefined {
    if (Array.isArray(value) && value.length === 2 && value.every(isCount)) {
      const [height, width] = value;
      return { height, width };
    }
    if (!isFields(value)) return undefined;
    const { height, width, ...others } = value;
    return isCount(height) && isCount(width) && Object.keys(others).length === 0
      ? { height, width }
      : undefined;
  }

  channels(key: string, absent: readonly [number, number, number]): readonly [number, number, number] {
    const value = this.get(key, absent);
    const all = typeof value === 'number' ? [value, value, value] : value;
    if (Array.isArray(all) && all.length === 3 && all.every((one) => Number.isFinite(one))) {
      const [red, green, blue] = all as number[];
      return [red, green, blue];
    }
    throw this.refuse(key, value, 'it must be one number, or one for each of red, green and blue');
  }

  /** Refuses every field that is neither read nor without effect. */
  checkKeys(): void {
    for (const [key, value] of Object.entries(this.#fields)) {
      if (READ.has(key) || HARMLESS.has(key) || value === null || value === false) continue;
      throw this.refuse(key, value, 'only resize, centre crop, rescale and normalize are known');
    }
  }
}

function typeOf(reader: Reader): string {
  const key = ['image_processor_type', 'feature_extractor_type'].find((name) => reader.get(name) != null);
  const value = key === undefined ? 'CLIPImageProcessor' : reader.get(key);
  const name = String(value)
    .replace(/FeatureExtractor$/, 'ImageProcessor')
    .replace(/(Fast|Pil)$/, '');
  if (Object.hasOwn(PROCESSORS, name)) return name;
  throw reader.refuse(key ?? '', value, `${Object.keys(PROCESSORS).join(', ')} are`);
}

function readResize(reader: Reader, type: string): Resize {
  if (!reader.flag('do_resize', true)) return 'none';
  // KOSMOS-2's: the class's own size, as a square.
  if (type === 'CLIPImageProcessor' && reader.flag('use_square_size', false))
    return { height: 224, width: 224 };
  const value = reader.get('size', PROCESSORS[type].size);
  if (isCount(value)) {
    const isSquare = reader.flag('default_to_square', SQUARE.has(type));
    return isSquare ? { height: value, width: value } : { shortest: value };
  }
  const exact = reader.sides('size', value);
  if (exact !== undefined) return exact;
  if (isFields(value) && Object.keys(value).length === 1 && isCount(value.shortest_edge)) {
    return { shortest: value.shortest_edge };
  }
  throw reader.refuse('size', value, 'it must be a length, { shortest_edge } or { height, width }');
}

function readFilter(reader: Reader, type: string): Filter {
  if (!reader.has('resample')) return PROCESSORS[type].resample;
  const value = reader.get('resample');
  const filter = typeof value === 'number' ? FILTERS.at(value) : undefined;
  if (filter !== undefined && Object.is(FILTERS.indexOf(filter), value)) return filter;
  const known = FILTERS.map((name, number) => `${number} (${name})`).join(', ');
  throw reader.refuse('resample', value, `it must be one of Pillow's numbers ${known}`);
}

/** The centre crop, or the whole of what was resized to exact sides. */
function readCrop(reader: Reader, type: string, resize: Resize): Size {
  const { crop_size, do_center_crop } = PROCESSORS[type];
  if (!reader.flag('do_center_crop', do_center_crop)) {
    if (resize !== 'none' && !('shortest' in resize)) return resize;
    const reason = 'without it, pictures keep their shapes, and the model takes one only';
    throw reader.refuse('do_center_crop', reader.get('do_center_crop', do_center_crop), reason);
  }
  const value = reader.get('crop_size', crop_size);
  if (isCount(value)) return { height: value, width: value };
  const sides = reader.sides('crop_size', value);
  if (sides !== undefined) return sides;
  throw reader.refuse('crop_size', value, 'it must be a length or { height, width }');
}

function readRescale(reader: Reader): number {
  if (!reader.flag('do_rescale', true)) return 1;
  const value = reader.get('rescale_factor', CLIP_NORMALIZATION.rescaleFactor);
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw reader.refuse('rescale_factor', value, 'it must be a number');
}

function readNormalization(reader: Reader, type: string): Pick<Normalization, 'mean' | 'std'> {
  if (!reader.flag('do_normalize', true)) return { mean: [0, 0, 0], std: [1, 1, 1] };
  const { normalization } = PROCESSORS[type];
  const mean = reader.channels('image_mean', normalization.mean);
  const std = reader.channels('image_std', normalization.std);
  // Rounded as the tensor's arithmetic rounds it.
  if (std.some((value) => Math.fround(value) === 0))
    throw reader.refuse('image_std', reader.get('image_std'), 'nothing can be divided by 0');
  return { mean, std };
}

/**
 * The plan of a `preprocessor_config.json`, or of the `image_processor` within a `processor_config.json`: what transformers 5
 * makes of every field of it, with its defaults for what is absent.
 *
 * @param file its name, for messages
 * @param imageSize the edge of the pictures that the image tower takes, in pixels
 * @throws MODEL_UNAVAILABLE that names the field and its value where it asks for something else
 * Source: transformers image_processing_backends.py, `PilBackend`, and image_processing_utils.py, `get_size_dict`.
 */
export function readPreprocessor(value: unknown, file: string, imageSize: number): Preparation {
  if (!isFields(value)) {
    throw new ClipgraphError('MODEL_UNAVAILABLE', `The model's ${file} holds no fields of a preprocessor.`);
  }
  const reader = new Reader(value, file);
  const type = typeOf(reader);
  reader.checkKeys();
  const resize = readResize(reader, type);
  const crop = readCrop(reader, type, resize);
  if (crop.height !== imageSize || crop.width !== imageSize) {
    const key = crop === resize ? 'size' : 'crop_size';
    const reason = `the model takes pictures of ${imageSize} × ${imageSize} pixels only`;
    throw reader.refuse(key, reader.get(key, PROCESSORS[type][key]), reason);
  }
  return {
    convention: 'hf',
    resize,
    filter: resize === 'none' ? 'bicubic' : readFilter(reader, type),
    rescaleFactor: readRescale(reader),
    ...readNormalization(reader, type),
  };
}
