import type { Family } from '../family.js';
import { describeAltClip, describeChineseClip, describeMultilingualClip } from './describe.js';
import { fromBert } from './names.js';

export { describeTextModel, isTextModel } from './describe.js';
export { bertTextOptions, type BertTextOptions } from './options.js';
export { buildBertText } from './text-tower.js';

/** Text towers of BERT's kind, beside CLIP's image tower or alone. */
export const chineseClip: Family = {
  name: 'Chinese-CLIP',
  modelTypes: ['chinese_clip'],
  describe: describeChineseClip,
  rename: fromBert,
};

export const altClip: Family = {
  name: 'AltCLIP',
  modelTypes: ['altclip'],
  describe: describeAltClip,
  rename: fromBert,
};

export const multilingualClip: Family = {
  name: 'M-CLIP',
  modelTypes: ['M-CLIP'],
  describe: describeMultilingualClip,
  rename: fromBert,
};
