import { Counter, type Registry } from 'prom-client';

/** What `/metrics` says of collections, by the store that keeps them: their names are clients'. */
export class CollectionMetrics {
  readonly #searches: Counter<'store'>;
  readonly #searched: Counter<'store'>;
  readonly #added: Counter<'store' | 'embedded'>;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#searches = new Counter({
      name: 'clipgraph_searches_total',
      help: 'Searches of collections.',
      labelNames: ['store'],
      registers,
    });
    this.#searched = new Counter({
      name: 'clipgraph_searched_items_total',
      help: 'Items that searches have looked at.',
      labelNames: ['store'],
      registers,
    });
    this.#added = new Counter({
      name: 'clipgraph_items_added_total',
      help: 'Items that were added; embedded="false" for those that were there unchanged.',
      labelNames: ['store', 'embedded'],
      registers,
    });
  }

  searched({ store, searched }: { readonly store: string; readonly searched: number }): void {
    this.#searches.inc({ store });
    this.#searched.inc({ store }, searched);
  }

  added({ store, wasEmbedded }: { readonly store: string; readonly wasEmbedded: boolean }): void {
    this.#added.inc({ store, embedded: String(wasEmbedded) });
  }
}
