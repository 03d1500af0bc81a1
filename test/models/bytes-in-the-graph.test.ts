import { CLIP_NORMALIZATION, normalizationTables, type Normalization } from '../../src/core/image/index.js';
import { openPlugin } from '../open-plugin.js';
import { samplesSource } from './samples-graph.js';

/** Each sample of 0 to 255 once, the same in all channels. */
const SAMPLES = Uint8Array.from({ length: 256 * 3 }, (_, i) => Math.floor(i / 3));

const NORMALIZATIONS: Readonly<Record<string, Normalization>> = {
  "CLIP's": CLIP_NORMALIZATION,
  "SigLIP's": { rescaleFactor: 1 / 255, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
  "ImageNet's": { rescaleFactor: 1 / 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  'to -1 … 1': { rescaleFactor: 1 / 127.5, mean: [1, 1, 1], std: [1, 1, 1] },
  none: { rescaleFactor: 1, mean: [0, 0, 0], std: [1, 1, 1] },
  'that no division gives': { rescaleFactor: 0.1, mean: [0.3, 1e-7, -2], std: [0.7, 1e-3, 3] },
  'of 0': { rescaleFactor: 0, mean: [0.1, 0.2, 0.3], std: [1, 2, 3] },
};

describe.each(['cpu', 'wasm'])('the normalisation inside a graph, on %s', (name) => {
  const host = openPlugin(name);
  afterAll(() => host.close());

  it.each(Object.entries(NORMALIZATIONS))(
    'gives the bits of the table for all samples: %s',
    async (_, normalization) => {
      const batch = { kind: 'image', crops: [SAMPLES], size: 1, imageSize: 16, normalization } as const;
      const { vectors } = await host.run(
        { source: samplesSource(normalization), batch },
        new AbortController().signal,
      );
      const expected = Float32Array.from(normalizationTables(normalization).flatMap((table) => [...table]));
      const bitsOf = (values: Float32Array): Uint32Array => new Uint32Array(values.slice().buffer);
      expect(vectors).toHaveLength(768);
      expect(bitsOf(vectors)).toEqual(bitsOf(expected));
    },
  );
});
