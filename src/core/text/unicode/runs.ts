/** Runs of code points, in order, each with a value. */
export interface Runs {
  readonly first: Uint32Array;
  readonly last: Uint32Array;
  readonly values: Uint32Array;
}

/**
 * Runs from their text: numbers in base 36, how far a run begins from the end of the one before, how many code points follow
 * its first, and its value where they have values.
 */
export function parseRuns(text: string, isValued = false): Runs {
  const numbers = text.split(' ').map((digits) => Number.parseInt(digits, 36));
  const width = isValued ? 3 : 2;
  const count = numbers.length / width;
  const runs = {
    first: new Uint32Array(count),
    last: new Uint32Array(count),
    values: new Uint32Array(count),
  };
  let end = 0;
  for (let i = 0; i < count; i++) {
    runs.first[i] = end + numbers[i * width];
    end = runs.first[i] + numbers[i * width + 1];
    runs.last[i] = end;
    runs.values[i] = isValued ? numbers[i * width + 2] : 1;
  }
  return runs;
}

/** The value of a code point; 0 outside all runs. */
export function valueIn({ first, last, values }: Runs, code: number): number {
  let [low, high] = [0, first.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (code < first[middle]) high = middle - 1;
    else if (code > last[middle]) low = middle + 1;
    else return values[middle];
  }
  return 0;
}

/** Whether a code point is in one of the runs, by a table of the first 256 and a search for the others. */
export function membership(text: string): (code: number) => boolean {
  const runs = parseRuns(text);
  const latin = Uint8Array.from({ length: 256 }, (_, code) => valueIn(runs, code));
  return (code) => (code < 256 ? latin[code] === 1 : valueIn(runs, code) === 1);
}
