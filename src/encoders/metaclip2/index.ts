import { describeClip } from '../clip/transformers.js';
import type { Family } from '../family.js';

/** The end marker of XLM-R, whose first place is pooled: here 2 is an id like any other. Source: transformers, modeling_metaclip_2.py. */
const END_MARKER = 2;

/** MetaCLIP 2: CLIP's towers, XLM-R's words. */
export const metaclip2: Family = {
  name: 'MetaCLIP 2',
  modelTypes: ['metaclip_2', 'metaclip_2_text_model', 'metaclip_2_vision_model'],
  describe: (config, file) => {
    const described = describeClip(config, file, { endMarker: END_MARKER });
    return {
      ...described,
      architecture: 'MetaCLIP 2',
      encoders: { ...described.encoders, text: { ...described.encoders.text, pooling: 'marker' } },
      words: { tokenizerClass: 'XLMRobertaTokenizer' },
    };
  },
  rename: () => undefined,
};
