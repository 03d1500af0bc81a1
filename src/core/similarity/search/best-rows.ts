/** A row of an index that a search found. */
export interface RowHit {
  readonly row: number;
  /** In [-1, 1], of the float32 vectors, accumulated in float64: what `cosine` gives. */
  readonly cosine: number;
}

/** Which of two rows of one cosine comes first: negative for the first. */
export type CompareRows = (a: number, b: number) => number;

/** The best rows seen so far, `limit` of them at most: a heap with the worst of them on top. */
export class BestRows {
  readonly #heap: RowHit[] = [];

  constructor(
    private readonly limit: number,
    private readonly compare: CompareRows,
  ) {}

  /** The cosine of the last of them, if there are as many as wanted: a row below is not among them. */
  get floor(): number {
    return this.#heap.length < this.limit ? -Infinity : this.#heap[0].cosine;
  }

  /** Whether `a` comes after `b`. */
  #isAfter(a: RowHit, b: RowHit): boolean {
    return a.cosine < b.cosine || (a.cosine === b.cosine && this.compare(a.row, b.row) > 0);
  }

  add(hit: RowHit): void {
    const heap = this.#heap;
    if (this.limit === Infinity) heap.push(hit);
    else if (heap.length < this.limit) this.#rise(hit);
    else if (this.#isAfter(heap[0], hit)) this.#sink(hit);
  }

  #rise(hit: RowHit): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(hit);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isAfter(hit, heap[parent])) break;
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = hit;
  }

  #sink(hit: RowHit): void {
    const heap = this.#heap;
    let at = 0;
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && this.#isAfter(heap[child + 1], heap[child])) child++;
      if (!this.#isAfter(heap[child], hit)) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = hit;
  }

  /** Best first. */
  sorted(): RowHit[] {
    return [...this.#heap].sort((a, b) => b.cosine - a.cosine || this.compare(a.row, b.row));
  }
}
