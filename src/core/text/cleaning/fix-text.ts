import {
  decodeC1Controls,
  normalizeWidth,
  removeControlCharacters,
  removeTerminalEscapes,
  replaceLoneSurrogates,
  separateLigatures,
  uncurlQuotes,
  unifyLineBreaks,
} from './characters.js';
import { unescapeUnambiguous } from './html-entities.js';
import { repairMojibake } from './mojibake.js';

/** In ftfy's order, after HTML and mojibake. */
const STEPS: readonly ((text: string) => string)[] = [
  decodeC1Controls,
  separateLigatures,
  normalizeWidth,
  uncurlQuotes,
  unifyLineBreaks,
  replaceLoneSurrogates,
  removeTerminalEscapes,
  removeControlCharacters,
  (text) => text.normalize('NFC'),
];

/** "&amp;amp;amp;": unescaping takes one level off at a time. All at once is the same, and not quadratic. */
const AMPERSANDS = /&(?:amp;|AMP;|#0{0,21}38;|#[xX]0{0,20}26;)+/g;

/** Repeated until nothing changes: one step's result may be another's cause. */
function fixSegment(segment: string, isHtml: boolean): string {
  for (let current = isHtml ? segment : segment.replace(AMPERSANDS, '&'); ;) {
    const unescaped = isHtml ? current : unescapeUnambiguous(current);
    const fixed = STEPS.reduce((text, step) => step(text), repairMojibake(unescaped));
    if (fixed === current) return current;
    current = fixed;
  }
}

/**
 * What ftfy makes of a text, line by line, with its default settings. From the first line with a `<` on, the text counts
 * as HTML, in which references are left alone.
 * Source: ftfy 6.3.1, `fix_text`.
 */
export function fixText(text: string): string {
  let isHtml = false;
  const segments = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  return segments
    .map((segment) => {
      isHtml ||= segment.includes('<');
      return fixSegment(segment, isHtml);
    })
    .join('');
}
