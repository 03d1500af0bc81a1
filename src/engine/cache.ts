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

/** The embeddings made last, bounded in memory. */
export class EmbeddingCache {
  readonly #entries: LRUCache<string, CachedVector> | undefined;

  constructor({ maxBytes }: { readonly maxBytes: number }) {
    if (maxBytes === 0) return;
    this.#entries = new LRUCache({
      maxSize: maxBytes,
      sizeCalculation: ({ vector }) => vector.byteLength + OVERHEAD,
    });
  }

  get(key: string): CachedVector | undefined {
    return this.#entries?.get(key);
  }

  set(key: string, value: CachedVector): void {
    this.#entries?.set(key, value);
  }
}
