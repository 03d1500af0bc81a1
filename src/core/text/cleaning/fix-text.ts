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
import type { Steps } from '../../steps.js';
import { normalizeText } from '../unicode-normalization.js';
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
  (text) => normalizeText(text, 'NFC'),
];

/** "&amp;amp;amp;": unescaping takes one level off at a time. All at once is the same, and not quadratic. */
const AMPERSANDS = /&(?:amp;|AMP;|#0{0,21}38;|#[xX]0{0,20}26;)+/g;

/** A step of so many UTF-16 units: most lines are shorter, and many of them make one step. */
const STEP = 2048;
/** What an empty line costs, in the same units. */
const SEGMENT_COST = 16;

/** Repeated until nothing changes: one step's result may be another's cause. */
function* fixSegment(segment: string, isHtml: boolean): Steps<string> {
  const isLong = segment.length > STEP;
  for (let current = isHtml ? segment : segment.replace(AMPERSANDS, '&'); ;) {
    let fixed = yield* repairMojibake(isHtml ? current : unescapeUnambiguous(current));
    for (const step of STEPS) {
      fixed = step(fixed);
      if (isLong) yield;
    }
    if (fixed === current) return current;
    current = fixed;
  }
}

/**
 * What ftfy makes of a text, line by line, with its default settings. From the first line with a `<` on, the text counts
 * as HTML, in which references are left alone.
 * Source: ftfy 6.3.1, `fix_text`.
 */
export function* fixTextInSteps(text: string): Steps<string> {
  let isHtml = false;
  let sinceStep = 0;
  const fixed: string[] = [];
  for (const segment of text.match(/[^\n]*\n|[^\n]+$/g) ?? []) {
    isHtml ||= segment.includes('<');
    fixed.push(yield* fixSegment(segment, isHtml));
    sinceStep += segment.length + SEGMENT_COST;
    if (sinceStep < STEP) continue;
    yield;
    sinceStep = 0;
  }
  return fixed.join('');
}
