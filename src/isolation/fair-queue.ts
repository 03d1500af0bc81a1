/** For whom work waits in a queue. */
export interface Turn {
  /** Stands for a request: groups take turns. */
  readonly group: object;
  /** Takes the work out of the queue. */
  readonly signal: AbortSignal;
}

/** First in, first out within a group; between groups, turn by turn, so that a large one does not starve the others. */
export class FairQueue<Item> {
  readonly #groups = new Map<object, Item[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Groups of which something waits. */
  get groups(): number {
    return this.#groups.size;
  }

  push(group: object, item: Item): void {
    const items = this.#groups.get(group);
    if (items === undefined) this.#groups.set(group, [item]);
    else items.push(item);
    this.#size++;
  }

  /** Removes up to `count` items, one of each group in turn. The groups that were served go to the back. */
  take(count: number): Item[] {
    const taken: Item[] = [];
    while (taken.length < count && this.#size > 0) {
      for (const [group, items] of [...this.#groups]) {
        if (taken.length === count) break;
        const item = items.shift();
        this.#groups.delete(group);
        if (item === undefined) continue;
        if (items.length > 0) this.#groups.set(group, items);
        taken.push(item);
        this.#size--;
      }
    }
    return taken;
  }

  remove(group: object, item: Item): void {
    const items = this.#groups.get(group);
    const index = items?.indexOf(item) ?? -1;
    if (items === undefined || index < 0) return;
    items.splice(index, 1);
    this.#size--;
    if (items.length === 0) this.#groups.delete(group);
  }
}
