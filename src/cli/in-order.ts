import {
  embedStream,
  type Content,
  type Embedder,
  type Embedding,
  type EmbedOptions,
} from '../engine/index.js';
import type { ClipgraphError } from '../errors/index.js';

/** Results that wait for an earlier one at most, with those under way: a picture that takes long holds up no more than so many. */
const WINDOW = 512;

/** A content, and what became of it. */
export interface Embedded<Item> {
  readonly item: Item;
  readonly result: Embedding | ClipgraphError;
}

/**
 * Embeds contents that are read meanwhile, and hands out each as soon as it and those before it are ready. It holds a bounded
 * number of them. What was read before the source fails is handed out before that failure is thrown.
 *
 * @throws a failure that concerns them all, or that of the source
 */
export async function* embedInOrder<Item extends { readonly content: Content }>(
  embedder: Embedder,
  items: AsyncIterable<Item>,
  options: EmbedOptions,
): AsyncGenerator<Embedded<Item>> {
  const underWay = new Map<number, Item>();
  const ready = new Map<number, Embedded<Item>>();
  let next = 0;
  let taken = 0;
  let failure: { readonly reason: unknown } | undefined;
  let makeRoom: () => void = () => undefined;

  async function* contents(): AsyncGenerator<Content> {
    try {
      for await (const item of items) {
        while (taken - next >= WINDOW) {
          await new Promise<void>((resolve) => {
            makeRoom = resolve;
          });
        }
        underWay.set(taken++, item);
        yield item.content;
      }
    } catch (reason) {
      failure = { reason }; // Not thrown here: it would end what is under way.
    }
  }

  const stream = embedStream(embedder, contents(), options, new AbortController());
  for await (const { index, result } of stream) {
    const item = underWay.get(index);
    underWay.delete(index);
    if (item !== undefined) ready.set(index, { item, result });
    for (let first = ready.get(next); first !== undefined; first = ready.get(next)) {
      ready.delete(next++);
      makeRoom();
      yield first;
    }
  }
  if (failure !== undefined) throw failure.reason;
}
