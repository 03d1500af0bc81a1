import { withoutPunctuation } from '../sentence-piece/encode.js';
import type { Steps } from '../../steps.js';
import { joinWords } from '../unicode/characters.js';
import { pythonLowerCase } from '../unicode/lower-case.js';
import { cleanBasically } from './basic.js';

/** What open_clip does to a text before a tokenizer of Hugging Face gets it; `none` for a text that is taken as it is. */
export const CLEANINGS = ['none', 'lower', 'canonicalize', 'whitespace'] as const;
export type Cleaning = (typeof CLEANINGS)[number];

/** Source: open_clip 3.3.0, tokenizer.py, `get_clean_fn`. */
export function* clean(text: string, cleaning: Cleaning): Steps<string> {
  if (cleaning === 'none') return text;
  const basic = yield* cleanBasically(text);
  switch (cleaning) {
    case 'whitespace':
      return yield* joinWords(basic);
    case 'lower':
      return yield* pythonLowerCase(yield* joinWords(basic));
    case 'canonicalize': {
      const signs = yield* withoutPunctuation(basic.replaceAll('_', ' '));
      return yield* joinWords(yield* pythonLowerCase(signs));
    }
  }
}
