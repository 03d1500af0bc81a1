import type { Family } from '../family.js';
import { describeSiglip } from './describe.js';
import { fromSiglip } from './names.js';

export { buildSiglipImage } from './image-tower.js';
export { siglipImageOptions, type SiglipImageOptions } from './options.js';

/** SigLIP, and SigLIP 2 for pictures of one size. Its text tower is CLIP's without a causal mask, pooled at the last place. */
export const siglip: Family = {
  name: 'SigLIP',
  modelTypes: ['siglip', 'siglip_text_model', 'siglip_vision_model'],
  describe: describeSiglip,
  rename: fromSiglip,
};
