import { LRUCache } from 'lru-cache';
import type { ImageInfo } from './embedding.js';

/** What a tower made of one content. */
export interface CachedVector {
  /** As the tower gave it, not scaled. */
  readonly vector: Float32Array;
  readonly norm: number;
  readonly image: ImageInfo | undefined;
}

/** Bytes of an entry beside its vector: key, objects, bookkeeping. An estimate on the safe side. */
const OVERHEAD = 512;

/** Lookups since the start, and what is held now. */
export interface CacheUsage {
  readonly hits: number;
  readonly misses: number;
  readonly entries: number;
  readonly bytes: number;
}

/** The embeddings made last, bounded in memory. */
export class EmbeddingCache {
  #hits = 0;
  #misses = 0;
  readonly #entries: LRUCache<string, CachedVector> | undefined;

  constructor({ maxBytes }: { readonly maxBytes: number }) {
    if (maxBytes === 0) return;
    this.#entries = new LRUCache({
      maxSize: maxBytes,
      sizeCalculation: ({ vector }) => vector.byteLength + OVERHEAD,
    });
  }

  get(key: string): CachedVector | undefined {
    const entry = this.#entries?.get(key);
    if (entry === undefined) this.#misses++;
    else this.#hits++;
    return entry;
  }

  get usage(): CacheUsage {
    const { size: entries = 0, calculatedSize: bytes = 0 } = this.#entries ?? {};
    return { hits: this.#hits, misses: this.#misses, entries, bytes };
  }

  set(key: string, value: CachedVector): void {
    this.#entries?.set(key, value);
  }
}
