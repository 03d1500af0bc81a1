import type { Family } from '../family.js';
import { fromBareTower } from './bare-tower.js';
import { fromOpenClip, isOpenClip } from './open-clip-names.js';
import { describeTransformers } from './transformers.js';

export { describeOpenClip } from './open-clip.js';
export { clipImageOptions, clipTextOptions, type ClipImageOptions, type ClipTextOptions } from './options.js';
export { buildImageTower, buildTextTower } from './towers.js';

/** OpenAI's CLIP, and all that are built as it is. */
export const clip: Family = {
  name: 'CLIP',
  modelTypes: ['clip', 'clip_text_model', 'clip_vision_model'],
  describe: describeTransformers,
  rename: (checkpoint) => (isOpenClip(checkpoint) ? fromOpenClip(checkpoint) : fromBareTower(checkpoint)),
};
