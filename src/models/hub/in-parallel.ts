/**
 * Results in the order of the items, with so many under way at a time. The first failure ends what is under way, by the
 * signal, and what has not begun.
 */
export async function inParallel<Item, Result>(
  items: readonly Item[],
  width: number,
  work: (item: Item, signal: AbortSignal) => Promise<Result>,
  signal?: AbortSignal,
): Promise<Result[]> {
  const waiting = [...items.entries()];
  const results: Result[] = [];
  const failed = new AbortController();
  const within = signal === undefined ? failed.signal : AbortSignal.any([failed.signal, signal]);
  const runner = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      within.throwIfAborted();
      const [index, item] = next;
      results[index] = await work(item, within);
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(width, items.length) }, runner));
    return results;
  } catch (error) {
    failed.abort(error);
    throw error;
  }
}
