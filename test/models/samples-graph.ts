import type { Normalization } from '../../src/core/image/index.js';
import { Graph } from '../../src/encoders/graph/graph.js';
import type { TowerSource } from '../../src/runtime/index.js';

/** A tower whose embedding of a picture of 16 × 16 pixels is its normalised samples, one channel after the other. */
export function samplesSource(normalization: Normalization): TowerSource {
  const graph = new Graph(new Map());
  const rows = graph.op('Reshape', ['pixel_values', graph.integers(-1, 256, 3)]);
  const samples = graph.op('Transpose', [rows], { perm: [0, 2, 1] });
  const normalized = graph.normalize(samples, normalization);
  graph.output('image_embeds', graph.op('Reshape', [normalized, graph.integers(-1, 768)]));
  const input = { name: 'pixel_values', type: 'uint8', dims: [16, 16, 3] } as const;
  const bytes = graph.finish([input], [{ name: 'image_embeds', dims: [768] }]);
  const names = { input: 'pixel_values', output: 'image_embeds' };
  return {
    key: `samples ${JSON.stringify(normalization)}`,
    kind: 'image',
    manifest: { model: 'samples', ...names, dimensions: 768, padding: { id: 0 } },
    graph: { bytes },
  };
}
