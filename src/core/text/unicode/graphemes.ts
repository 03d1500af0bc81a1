import { parseRuns, valueIn } from './runs.js';
import { GRAPHEME_CLASSES } from './tables.js';

const classes = parseRuns(GRAPHEME_CLASSES, true);

/** Classes of characters, as `GRAPHEME_CLASSES` numbers them; the last ones are ranges. */
const [OTHER, CONTROL, EXTEND, PREPEND, SPACING_MARK, VOWEL, PICTOGRAPHIC, CONSONANT, LINKER] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8,
];
const [LEADING, TRAILING, LV, LVT, REGIONAL, JOINER] = [9, 10, 11, 12, 13, 14];

function classOf(code: number): number {
  if (code >= 0x20 && code < 0x7f) return OTHER;
  if (code === 0x200d) return JOINER;
  if ((code >= 0x1100 && code <= 0x115f) || (code >= 0xa960 && code <= 0xa97c)) return LEADING;
  if ((code >= 0x11a8 && code <= 0x11ff) || (code >= 0xd7cb && code <= 0xd7fb)) return TRAILING;
  if (code >= 0xac00 && code <= 0xd7a3) return (code - 0xac00) % 28 === 0 ? LV : LVT;
  if (code >= 0x1f1e6 && code <= 0x1f1ff) return REGIONAL;
  return valueIn(classes, code);
}

/** What of the text before decides whether a cluster goes on. */
interface State {
  readonly code: number;
  readonly kind: number;
  /** Regional indicators in a row, up to here. */
  readonly indicators: number;
  /** Whether a pictograph, then only marks, and at last a joiner lead here. */
  readonly isJoined: 'no' | 'pictograph' | 'joined';
  /** Whether a consonant, then only marks, and a linker among them lead here. */
  readonly isLinked: 'no' | 'consonant' | 'linked';
}

const START: State = { code: -1, kind: CONTROL, indicators: 0, isJoined: 'no', isLinked: 'no' };

/** After a character of no class, whatever was before it. */
const PLAIN: State = { ...START, kind: OTHER };

function after({ indicators, isJoined, isLinked }: State, code: number, kind: number): State {
  const isMark = kind === EXTEND || kind === LINKER || kind === JOINER;
  return {
    code,
    kind,
    indicators: kind === REGIONAL ? indicators + 1 : 0,
    isJoined:
      kind === PICTOGRAPHIC
        ? 'pictograph'
        : isJoined === 'pictograph' && isMark
          ? kind === JOINER
            ? 'joined'
            : 'pictograph'
          : 'no',
    isLinked:
      kind === CONSONANT
        ? 'consonant'
        : isLinked !== 'no' && isMark
          ? kind === LINKER
            ? 'linked'
            : isLinked
          : 'no',
  };
}

/** Whether nothing comes between the text before and this character. Source: UAX #29, rules GB3 to GB13. */
function goesOn(before: State, code: number, kind: number): boolean {
  if (kind === OTHER) return before.kind === PREPEND;
  if (before.code === 0x0d && code === 0x0a) return true;
  if (before.kind === CONTROL || kind === CONTROL) return false;
  if (kind === EXTEND || kind === LINKER || kind === JOINER || kind === SPACING_MARK) return true;
  if (before.kind === PREPEND) return true;
  if (before.kind === LEADING && [LEADING, VOWEL, LV, LVT].includes(kind)) return true;
  if ((before.kind === LV || before.kind === VOWEL) && (kind === VOWEL || kind === TRAILING)) return true;
  if ((before.kind === LVT || before.kind === TRAILING) && kind === TRAILING) return true;
  if (kind === CONSONANT && before.isLinked === 'linked') return true;
  if (kind === PICTOGRAPHIC && before.isJoined === 'joined') return true;
  return kind === REGIONAL && before.kind === REGIONAL && before.indicators % 2 === 1;
}

/**
 * The extended grapheme clusters of a text, by the tables of the reference: a runtime's `Intl.Segmenter` has those of its own
 * version of Unicode.
 */
export function* graphemes(text: string): Generator<string, void, undefined> {
  let state = START;
  let [start, at] = [0, 0];
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    const kind = classOf(code);
    if (at > start && !goesOn(state, code, kind)) {
      yield text.slice(start, at);
      start = at;
    }
    state = kind === OTHER ? PLAIN : after(state, code, kind);
    at += character.length;
  }
  if (at > start) yield text.slice(start, at);
}
