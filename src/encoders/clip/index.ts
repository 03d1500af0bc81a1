import type { Family } from '../family.js';
import { fromBareTower } from './bare-tower.js';
import { describeClip } from './transformers.js';

export { buildClipImage } from './image-tower.js';
export { clipImageOptions, clipTextOptions, type ClipImageOptions, type ClipTextOptions } from './options.js';
export { buildClipText } from './text-tower.js';

/** OpenAI's CLIP, and all that are built as it is. */
export const clip: Family = {
  name: 'CLIP',
  modelTypes: ['clip', 'clip_text_model', 'clip_vision_model'],
  describe: describeClip,
  rename: fromBareTower,
};
