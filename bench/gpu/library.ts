import { createClipgraph, type Content } from '../../src/index.js';
import type { Precision } from './rates.js';

/** Contents a second of the library as its users call it, from texts and from JPEGs. */
export interface LibraryRate {
  readonly precision: Precision;
  readonly texts: number;
  readonly photographs: number;
  readonly device: string;
}

interface LibraryOptions {
  readonly runtime: 'cuda' | 'cpu';
  readonly folder: string;
  readonly precision: Precision;
  readonly texts: readonly string[];
  readonly photographs: readonly string[];
  readonly seconds: number;
}

/** The vectors of the first few, in their order, to be compared with a peer's. */
export const COMPARED = 4;

export async function measureLibrary({
  runtime,
  folder,
  precision,
  texts,
  photographs,
  seconds,
}: LibraryOptions): Promise<{ rate: LibraryRate; vectors: Record<'texts' | 'photographs', number[][]> }> {
  const clipgraph = await createClipgraph({
    model: folder,
    runtime,
    runtimes: runtime === 'cuda' ? { cuda: { precision } } : {},
    cache: { maxBytes: 0 },
  });
  const rateOf = async (contents: readonly Content[]): Promise<number> => {
    // What starts is started, and the pace is known, before it counts.
    let [done, from, counted] = [0, 0, 0];
    const warm = Math.floor(contents.length / 5);
    for await (const result of clipgraph.embedStream(contents)) {
      if ('error' in result) throw new Error(JSON.stringify(result));
      done++;
      if (done === warm) from = performance.now();
      if (done > warm) counted++;
      if (done > warm && performance.now() - from > seconds * 1000) break;
    }
    return counted / ((performance.now() - from) / 1000);
  };
  const vectorsOf = async (contents: readonly Content[]): Promise<number[][]> => {
    const embedded = await Promise.all(
      contents.slice(0, COMPARED).map((content) => clipgraph.embed(content, { normalize: false })),
    );
    return embedded.map(({ vector }) => [...vector]);
  };
  try {
    const ofTexts = texts.map((text) => ({ text }));
    const ofPhotographs = photographs.map((path) => ({ image: { path } }));
    const vectors = { texts: await vectorsOf(ofTexts), photographs: await vectorsOf(ofPhotographs) };
    const probes = await clipgraph.runtimes();
    const probe = probes.find(({ name }) => name === runtime);
    const device = probe?.ready === true ? probe.info.device : 'unknown';
    const rate = {
      precision,
      texts: await rateOf(ofTexts),
      photographs: await rateOf(ofPhotographs),
      device,
    };
    return { rate, vectors };
  } finally {
    await clipgraph.close();
  }
}
