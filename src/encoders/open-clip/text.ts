import type { FamilyWords, ModelDescription } from '../description.js';
import { bertOptions } from '../bert/named.js';
import type { HfText, ModelConfig, OwnText } from './schema.js';

type DescribedText = Pick<ModelDescription, 'contextLength' | 'words' | 'padding'> & {
  readonly options: Readonly<Record<string, unknown>>;
};

/** The end of a text is where its largest id is. */
const LARGEST_ID = 2;

const isHf = (text: ModelConfig['text_cfg']): text is HfText => typeof text.hf_model_name === 'string';

function ownText(text: OwnText, activation: string): DescribedText {
  const { heads, norm_kwargs, pool_type, no_causal_mask, hf_tokenizer_name, tokenizer_kwargs } = text;
  const isLast = pool_type === 'last';
  const isCausal = no_causal_mask !== true;
  const options = {
    heads,
    activation,
    epsilon: norm_kwargs?.eps ?? 1e-5,
    ...(isLast ? { pooling: 'last' } : { endMarker: LARGEST_ID }),
    ...(!isCausal && { isCausal }),
  };
  // open_clip's default for a tokenizer of Hugging Face. Source: open_clip/tokenizer.py, `HFTokenizer`.
  const words: FamilyWords = {
    cleaning: tokenizer_kwargs?.clean ?? 'whitespace',
    ...(tokenizer_kwargs?.strip_sep_token === true && { stripSeparator: true }),
  };
  const changes = isLast || !isCausal;
  return {
    options,
    contextLength: text.context_length,
    ...(hf_tokenizer_name != null && { words }),
    // Where every place is seen, or the last one is pooled, what fills up counts. Its own tokenizer's is 0.
    ...(changes && { padding: hf_tokenizer_name == null ? { id: 0, to: 'context' } : { to: 'context' } }),
  };
}

function hfText(text: HfText): DescribedText {
  const pooling = text.hf_pooler_type === 'cls_last_hidden_state_pooler' ? 'first' : 'mean';
  return {
    options: bertOptions(text.hf_model_name, pooling, 'open_clip_config.json says hf_model_name'),
    contextLength: text.context_length,
    words: { cleaning: text.tokenizer_kwargs?.clean ?? 'whitespace' },
  };
}

/** What a configuration's text tower is, and how it reads. */
export function describeText(
  { text_cfg: text }: ModelConfig,
  activationOf: (kwargs: OwnText['act_kwargs']) => string,
): DescribedText {
  return isHf(text) ? hfText(text) : ownText(text, activationOf(text.act_kwargs));
}
