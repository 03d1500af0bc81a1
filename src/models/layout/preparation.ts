import { existsSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { readJson } from '../files/json.js';
import { check, type Preparation } from '../../encoders/index.js';
import { PREPROCESSOR_FILES, type Layout } from './layout.js';
import { readPreprocessor } from './preprocessor.js';

const processorSchema = z.looseObject({ image_processor: z.unknown().optional() });

/**
 * How pictures are prepared, by the files of transformers: version 5 writes all processors into one, which is asked first.
 *
 * @param imageSize the edge of the pictures that the image tower takes, in pixels
 * @returns undefined where no file says it
 * @throws MODEL_UNAVAILABLE for what is not supported
 */
export async function readPreparation(
  folder: string,
  layout: Layout,
  imageSize: number,
): Promise<Preparation | undefined> {
  // open_clip has it in its configuration, and reads no other file.
  if (layout.name === 'open_clip') return undefined;
  const [joint, own] = PREPROCESSOR_FILES.map((name) => path.posix.join(layout.folder, name));
  if (existsSync(path.join(folder, joint))) {
    const { image_processor } = check(processorSchema, await readJson(folder, joint), joint);
    if (image_processor !== undefined) return readPreprocessor(image_processor, joint, imageSize);
  }
  if (!existsSync(path.join(folder, own))) return undefined;
  return readPreprocessor(await readJson(folder, own), own, imageSize);
}
