/** Marks in a row of which `normalize` takes no longer than the rest of a text: it puts marks in order by insertion. */
const SHORT_RUN = 128;
const MARKS = /\p{M}+/gu;
/** Of the lowest and of the highest combining class that there are: 1 and 240. */
const LOWEST = '\u0334';
const HIGHEST = '\u0345';

/** Whether canonical ordering exchanges two marks, each canonically decomposed. */
function areExchanged(first: string, second: string): boolean {
  return (first + second).normalize('NFD') !== first + second;
}

/** Whether a character takes part in canonical ordering: its combining class is not 0. */
function isReordered(mark: string): boolean {
  return areExchanged(HIGHEST, mark) || areExchanged(mark, LOWEST);
}

/** The distinct marks that take part, each with the place of its combining class among those of the others. */
function ranksOf(marks: ReadonlySet<string>): ReadonlyMap<string, number> {
  const sorted = [...marks]
    .filter(isReordered)
    .sort((a, b) => (areExchanged(a, b) ? 1 : areExchanged(b, a) ? -1 : 0));
  const ranks = new Map<string, number>();
  let rank = 0;
  for (const [i, mark] of sorted.entries()) {
    if (i > 0 && areExchanged(mark, sorted[i - 1])) rank++;
    ranks.set(mark, rank);
  }
  return ranks;
}

/** The same marks, decomposed and in canonical order: by combining class, those of one class as they stood. */
function inOrder(run: string): string {
  if (run.length <= SHORT_RUN) return run;
  const marks = Array.from(run, (mark) => mark.normalize('NFD')).flatMap((mark) => Array.from(mark));
  const ranks = ranksOf(new Set(marks));
  const ordered: string[] = [];
  let classes: (string[] | undefined)[] = [];
  const end = (): void => {
    for (const same of classes) ordered.push(...(same ?? []));
    classes = [];
  };
  for (const mark of marks) {
    const rank = ranks.get(mark);
    if (rank === undefined) {
      // Nothing moves past a character of class 0.
      end();
      ordered.push(mark);
    } else (classes[rank] ??= []).push(mark);
  }
  end();
  return ordered.join('');
}

/**
 * A text in one of Unicode's normalization forms, in time that is linear in its length: `String.prototype.normalize` is
 * quadratic in the marks that follow one another, since it orders them by insertion. Here long runs of them are put in
 * order before. Source: Unicode Standard Annex #15; the combining classes are those of the engine itself.
 */
export function normalizeText(text: string, form: 'NFC' | 'NFD' | 'NFKC' | 'NFKD'): string {
  return text.replace(MARKS, inOrder).normalize(form);
}
