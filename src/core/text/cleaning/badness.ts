import { CATEGORIES } from './mojibake-tables.js';

/** `{box}` in a rule stands for the characters of that category. */
function fill(rule: string): string {
  return rule.replace(
    /(?<!\\p)\{(\w+)\}/g,
    (_, category: string) => CATEGORIES[category as keyof typeof CATEGORIES],
  );
}

const MARKS = '{start_punctuation}{end_punctuation}{currency}{numeric}{law}';
/** Python's \s and \w. */
const SPACE = '[\\p{White_Space}\\x1c-\\x1f]';
const WORD = '[\\p{L}\\p{N}_]';

/**
 * Neighbouring characters that hardly anybody means. Each rule is a regular expression without its spaces; a category in
 * braces is a set of characters.
 * Source: ftfy 6.3.1, badness.py.
 */
const RULES = [
  '[{c1}]',
  `[{bad}{lower_accented}{upper_accented}{box}${MARKS}][{bad}]`,
  '[a-zA-Z][{lower_common}{upper_common}][{bad}]',
  `[{bad}][{lower_accented}{upper_accented}{box}${MARKS}]`,
  '[{lower_accented}{lower_common}{box}{end_punctuation}{currency}{numeric}][{upper_accented}]',
  '[{box}{end_punctuation}{currency}{numeric}][{lower_accented}]',
  '[{lower_accented}{box}{end_punctuation}][{currency}]',
  `${SPACE}[{upper_accented}][{currency}]`,
  '[{upper_accented}{box}][{numeric}{law}]',
  '[{lower_accented}{upper_accented}{box}{currency}{end_punctuation}][{start_punctuation}][{numeric}]',
  '[{lower_accented}{upper_accented}{currency}{numeric}{box}{law}][{end_punctuation}][{start_punctuation}]',
  '[{currency}{numeric}{box}][{start_punctuation}]',
  '[a-z][{upper_accented}][{start_punctuation}{currency}]',
  '[{box}][{kaomoji}]',
  '[{lower_accented}{upper_accented}{currency}{numeric}{start_punctuation}{end_punctuation}{law}][{box}]',
  '[{box}][{end_punctuation}]',
  `[{lower_accented}{upper_accented}][{start_punctuation}{end_punctuation}]${WORD}`,
  // A ligature that no Latin letter follows; a degree sign after a capital.
  '[Œœ][^A-Za-z]',
  '[{upper_accented}]°',
  // Windows-1252: Latin letters, Arabic, scripts of South Asia.
  '[ÂÃÎÐ][€œŠš¢£Ÿž\\xa0\\xad®©°·»{start_punctuation}{end_punctuation}–—´]',
  '×[²³]',
  '[ØÙ][{common}{currency}{bad}{numeric}{start_punctuation}ŸŠ®°µ»][ØÙ][{common}{currency}{bad}{numeric}{start_punctuation}ŸŠ®°µ»]',
  'à[²µ¹¼½¾]',
  // MacRoman.
  '√[±∂†≠®™´≤≥¥µø]',
  '≈[°¢]',
  '‚Ä[ìîïòôúùû†°¢π]',
  '‚[âó][àä°ê]',
  // Windows-1251.
  'вЂ',
  '[ВГРС][{c1}{bad}{start_punctuation}{end_punctuation}{currency}°µ][ВГРС]',
  'ГўВЂВ.[A-Za-z ]',
  // Windows-1252 of à, á and the no-break space.
  'Ã[\\xa0¡]',
  `[a-z]${SPACE}?[ÃÂ][ ]`,
  '^[ÃÂ][ ]',
  '[a-z.,?!{end_punctuation}]Â[ {start_punctuation}{end_punctuation}]',
  // Windows-1253 and 1257.
  'β€[™\\xa0Ά\\xad®°]',
  '[ΒΓΞΟ][{c1}{bad}{start_punctuation}{end_punctuation}{currency}°][ΒΓΞΟ]',
  'ā€',
];

const BADNESS = new RegExp(RULES.map(fill).join('|'), 'u');

/** Whether a text looks as if it was decoded in a wrong encoding. */
export function isBad(text: string): boolean {
  return BADNESS.test(text);
}
