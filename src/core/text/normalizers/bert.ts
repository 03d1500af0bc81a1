import type { Normalizer } from '../pipeline/spec.js';
import type { Steps } from '../../steps.js';
import { mapCharacters } from '../unicode/characters.js';
import { decompose } from '../unicode/decomposition.js';
import { lowerCase } from '../unicode/lower-case.js';
import { membership } from '../unicode/runs.js';
import { BERT_REMOVED, BERT_SPACE, MARKS } from '../unicode/tables.js';

const isRemoved = membership(BERT_REMOVED);
const isSpace = membership(BERT_SPACE);
const isMark = membership(MARKS);

/** Chinese characters; the fifth range begins where BERT's Python code has it in the port to Rust. Source: tokenizers, bert.rs. */
function isChinese(code: number): boolean {
  return (
    (code >= 0x4e00 && code <= 0x9fff) ||
    (code >= 0x3400 && code <= 0x4dbf) ||
    (code >= 0x20000 && code <= 0x2a6df) ||
    (code >= 0x2a700 && code <= 0x2b73f) ||
    (code >= 0x2b740 && code <= 0x2b81f) ||
    (code >= 0x2b920 && code <= 0x2ceaf) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0x2f800 && code <= 0x2fa1f)
  );
}

/** BERT's normalizer: controls away, white space to spaces, Chinese characters apart, accents away, lower case. */
export function* normalizeBert(
  text: string,
  options: Extract<Normalizer, { type: 'BertNormalizer' }>,
): Steps<string> {
  const { clean_text, handle_chinese_chars, lowercase, strip_accents } = options;
  let clean = text;
  if (clean_text || handle_chinese_chars)
    clean = yield* mapCharacters(text, (character, code) => {
      if (clean_text && isRemoved(code)) return '';
      if (clean_text && isSpace(code)) return ' ';
      return handle_chinese_chars && isChinese(code) ? ` ${character} ` : character;
    });
  if (strip_accents ?? lowercase) clean = yield* decompose(clean, (code) => !isMark(code));
  return lowercase ? yield* lowerCase(clean) : clean;
}
