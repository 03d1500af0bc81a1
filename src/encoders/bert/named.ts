import type { z } from 'zod';
import { ClipgraphError } from '../../errors/index.js';
import type { bertTextOptions } from './options.js';

type Options = z.input<typeof bertTextOptions>;

const BERT = { activation: 'gelu', epsilon: 1e-12 } as const;
const ROBERTA = { activation: 'gelu', epsilon: 1e-5, firstPosition: 2 } as const;

/**
 * Models that others name instead of saying how theirs are built. Source: config.json of each of these repositories.
 */
const NAMED: Readonly<Record<string, Omit<Options, 'family' | 'pooling'>>> = {
  'bert-base-cased': { ...BERT, heads: 12 },
  'bert-base-chinese': { ...BERT, heads: 12 },
  'bert-base-multilingual-cased': { ...BERT, heads: 12 },
  'bert-base-multilingual-uncased': { ...BERT, heads: 12 },
  'bert-base-uncased': { ...BERT, heads: 12 },
  'bert-large-cased': { ...BERT, heads: 16 },
  'bert-large-uncased': { ...BERT, heads: 16 },
  'distilbert-base-multilingual-cased': { ...BERT, heads: 12 },
  'distilbert-base-uncased': { ...BERT, heads: 12 },
  'roberta-base': { ...ROBERTA, heads: 12 },
  'roberta-large': { ...ROBERTA, heads: 16 },
  'xlm-roberta-base': { ...ROBERTA, heads: 12 },
  'xlm-roberta-large': { ...ROBERTA, heads: 16 },
};
/** The organisations under which these stand on the hub since they have some. */
const OWNERS = /^(google-bert|FacebookAI|distilbert)\//;

/**
 * What a text tower is that is only named.
 *
 * @param where it is named, for messages: `open_clip_config.json says hf_model_name`
 * @throws MODEL_UNAVAILABLE for a name that is not known
 */
export function bertOptions(name: string, pooling: Options['pooling'], where: string): Options {
  const known = name.replace(OWNERS, '');
  if (Object.hasOwn(NAMED, known)) return { family: 'bert', ...NAMED[known], pooling };
  const message = `The model's ${where}: ${JSON.stringify(name)}, which is not supported; ${Object.keys(NAMED).join(', ')} are.`;
  throw new ClipgraphError('MODEL_UNAVAILABLE', message);
}
