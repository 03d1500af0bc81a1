import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import type { Checkpoint } from '../../src/encoders/index.js';
import { scalesOf } from '../../src/encoders/index.js';
import { LARGEST_WEIGHT, quantize } from '../../src/models/conversion/quantize.js';
import { Graph } from '../../src/encoders/graph/graph.js';
import { RuntimeRegistry } from '../../src/runtime/registry.js';

const LARGEST_INPUT = 255;
const INT16 = 32_767;

/** What vpmaddubsw and vpmaddwd make of a row and a column: products added in pairs in 16 bits that saturate. */
function sumInPairs(row: readonly number[], column: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < row.length; i += 2) {
    const pair = row[i] * column[i] + row[i + 1] * column[i + 1];
    sum += Math.min(INT16, Math.max(-INT16 - 1, pair));
  }
  return sum;
}

describe('quantized weights', () => {
  it('are bounded so that no two products leave 16 bits, for whatever weights', () => {
    expect(2 * LARGEST_INPUT * LARGEST_WEIGHT).toBeLessThanOrEqual(INT16);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 40 }),
        fc.boolean(),
        fc.float({ noNaN: true, noDefaultInfinity: true, min: Math.fround(1e-30), max: Math.fround(1e30) }),
        fc.infiniteStream(fc.integer({ min: -1000, max: 1000 })),
        (outputs, inputs, isTransposed, size, numbers) => {
          const values = Float32Array.from([...numbers.take(outputs * inputs)], (n) => n * (size / 1000));
          const { weights, scales } = quantize({ values, outputs, inputs, isTransposed });
          expect(Math.max(...weights.map(Math.abs))).toBeLessThanOrEqual(LARGEST_WEIGHT);
          for (const [i, weight] of weights.entries()) {
            const [input, output] = [Math.floor(i / outputs), i % outputs];
            const stored = values[isTransposed ? i : output * inputs + input];
            expect(Math.abs(stored - weight * scales[output])).toBeLessThanOrEqual(scales[output] * 0.500_01);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('would lose half of a sum on processors without VNNI if they had 8 bits', () => {
    const row = Array.from({ length: 64 }, () => LARGEST_INPUT);
    const of = (weight: number): number[] => row.map(() => weight);
    expect(sumInPairs(row, of(127))).toBe(1_048_544); // Measured on one: 64 · 255 · 127 is 2,072,640.
    expect(sumInPairs(row, of(LARGEST_WEIGHT))).toBe(64 * 255 * LARGEST_WEIGHT);
    expect(sumInPairs(row, of(-LARGEST_WEIGHT))).toBe(-64 * 255 * LARGEST_WEIGHT);
  });

  /** A linear layer over rows of a table, as a text tower: token n is the row `rows[n]`. */
  async function multiply(
    rows: readonly number[],
    weight: number,
    range: 'any' | 'after GELU',
  ): Promise<number[]> {
    const [inputs, outputs] = [64, 16];
    const folder = mkdtempSync(path.join(tmpdir(), 'clipgraph-q8-'));
    const values = new Float32Array(outputs * inputs).fill(weight);
    const { weights, scales } = quantize({ values, outputs, inputs, isTransposed: false });
    const table = Float32Array.from(rows.flatMap((value) => Array.from({ length: inputs }, () => value)));
    const parts: (readonly [string, string, readonly number[], ArrayBufferView])[] = [
      ['linear.weight', 'I8', [inputs, outputs], weights],
      [scalesOf('linear.weight'), 'F32', [outputs], scales],
      ['table', 'F32', [rows.length, inputs], table],
    ];
    const checkpoint: Checkpoint = new Map(
      parts.map(([name, dtype, shape, { buffer, byteLength }]) => {
        const file = `${name}.bin`;
        writeFileSync(path.join(folder, file), Buffer.from(buffer, 0, byteLength));
        return [name, { dtype, shape, file, offset: 0, length: byteLength }];
      }),
    );
    const graph = new Graph(checkpoint);
    const first = graph.op('Gather', [graph.stored('table'), 'input_ids'], { axis: 0 });
    const flat = graph.op('Reshape', [first, graph.integers(-1, inputs)]);
    graph.output('text_embeds', graph.linear(flat, 'linear', range));
    const bytes = graph.finish(
      [{ name: 'input_ids', type: 'int64', dims: ['length'] }],
      [{ name: 'text_embeds', dims: [outputs] }],
    );
    const log = { info: () => undefined, warn: () => undefined, debug: () => undefined };
    const registry = new RuntimeRegistry({
      ...{ order: ['cpu'], runtimes: { cpu: { threads: 1 } }, plugins: [], log },
      ...{ maxQueue: 100, watchdogMs: 60_000 },
    });
    try {
      const runtime = registry.get('cpu');
      const { signal } = new AbortController();
      const source = {
        ...{ key: folder, kind: 'text' as const, graph: { bytes } },
        weights: { folder, files: parts.map(([name]) => `${name}.bin`), parts: [] },
        manifest: {
          ...{ model: 'test', input: 'input_ids', output: 'text_embeds', dimensions: outputs },
          padding: { id: 0 },
        },
      };
      const made = [];
      for (const [id] of rows.entries()) {
        const { vector } = await runtime.run(
          source,
          { kind: 'text', ids: [id] },
          { client: 'test', group: signal, signal },
        );
        expect(new Set(vector).size).toBe(1);
        made.push(vector[0]);
      }
      return made;
    } finally {
      await registry.close();
    }
  }

  it.each(['any', 'after GELU'] as const)(
    'give exact sums where all are largest, on cpu: %s',
    async (range) => {
      // The inputs are 255, the least and the largest weights ±64: the sums of both signs are the largest there are.
      for (const weight of [0.5, -0.5]) {
        const [largest] = await multiply([100], weight, range);
        // One unit of a whole-number sum of a million would be seen; half of it is what saturation leaves.
        expect(Math.abs(largest / (64 * 100 * weight) - 1)).toBeLessThan(5e-7);
      }
    },
  );
});
