import type { Graph, Value } from '../graph/graph.js';

/** The slowest angle turns once in so many places. Source: timm layers/pos_embed_sincos.py, `freq_bands`. */
const TEMPERATURE = 10_000;

/** For each place and number of a head its angle: of the row for the first half, of the column for the second. */
function anglesOf(side: number, size: number, grid: number): Float32Array[] {
  const f32 = Math.fround;
  const count = size / 4;
  const bands = Array.from({ length: count }, (_, i) => f32(1 / f32(TEMPERATURE ** f32(i / count))));
  return Array.from({ length: side * side }, (_, place) => {
    const places = [Math.floor(place / side), place % side].map((at) => f32(f32(at / side) * grid));
    return Float32Array.from(
      places.flatMap((at) => bands.flatMap((band) => [f32(at * band), f32(at * band)])),
    );
  });
}

/**
 * Rotary embedding of the patches' places; the class token, which comes first, is not turned. Neighbours are pairs:
 * `(x0, x1) → (x0 cos - x1 sin, x1 cos + x0 sin)`.
 *
 * @param side of the picture's grid of patches
 * @param size numbers of a head
 * @param grid that angles are counted in
 * @returns what turns `[batch, heads, 1 + side · side, size]`
 * Source: timm layers/pos_embed_sincos.py, `RotaryEmbeddingCat`.
 */
export function rotation(graph: Graph, side: number, size: number, grid: number): (x: Value) => Value {
  const angles = anglesOf(side, size, grid);
  const table = (name: string, ofClass: number, of: (angle: number) => number): Value => {
    const rows = [
      ...Array.from({ length: size }, () => ofClass),
      ...angles.flatMap((row) => [...row].map(of)),
    ];
    return graph.floats(name, [angles.length + 1, size], Float32Array.from(rows));
  };
  const [cosines, sines] = [table('rotary_cos', 1, Math.cos), table('rotary_sin', 0, Math.sin)];
  // A product with a matrix of 0, 1 and -1 is exact: each number meets one that is not 0.
  const turn = new Float32Array(size * size);
  for (let i = 0; i < size; i += 2) {
    turn[(i + 1) * size + i] = -1;
    turn[i * size + i + 1] = 1;
  }
  const pairs = graph.floats('rotary_turn', [size, size], turn);
  return (x) =>
    graph.op('Add', [
      graph.op('Mul', [x, cosines]),
      graph.op('Mul', [graph.op('MatMul', [x, pairs]), sines]),
    ]);
}
