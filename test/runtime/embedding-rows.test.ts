import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { textGraph, VOCABULARY } from '../../src/runtime/conformance/graphs.js';
import { embeddingRows, operatorsOf } from '../../src/runtime/onnx/reader.js';
import { externalInitializer, initializer, model, node, value } from '../../src/runtime/onnx/writer.js';
import { openModel } from '../../src/models/index.js';

const ROOT = path.join(__dirname, '..', '..');
const STARTER = path.join(ROOT, 'models', 'starter');
const write = (bytes: Uint8Array): string => {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'clipgraph-')), 'model.onnx');
  writeFileSync(file, bytes);
  return file;
};

describe('how many ids a graph has embeddings for', () => {
  it('is read of a graph in memory and of a file alike', () => {
    const bytes = textGraph();
    expect(embeddingRows({ bytes }, 'input_ids')).toBe(VOCABULARY);
    expect(embeddingRows({ path: write(bytes) }, 'input_ids')).toBe(VOCABULARY);
  });

  it('is read through casts, of weights in another file, and is not the number of positions', () => {
    const external = { location: 'weights.bin', offset: 0, length: 49_408 * 2 };
    const bytes = model({
      nodes: [
        node('Cast', ['input_ids'], ['ids'], { to: 7 }),
        node('Cast', ['stored'], ['table'], { to: 1 }),
        node('Gather', ['positions', 'places'], ['position'], { axis: 0 }),
        node('Gather', ['table', 'ids'], ['rows'], { axis: 0 }),
      ],
      initializers: [
        externalInitializer('stored', 'float16', [49_408, 1], external),
        initializer('positions', [7, 1], new Float32Array(7)),
        // Larger than what is read at a time, and before the end.
        initializer('large', [100_000], new Float32Array(100_000)),
        initializer('places', [1], new BigInt64Array(1)),
      ],
      inputs: [value('input_ids', 'int32', ['batch', 'sequence'])],
      outputs: [value('rows', 'float32', ['batch', 'sequence', 1])],
    });
    expect(embeddingRows({ path: write(bytes) }, 'input_ids')).toBe(49_408);
  });

  it('is read of the starter, as the file that it is', async () => {
    const { graph, manifest } = await (await openModel(STARTER)).tower('text');
    expect(embeddingRows(graph!, manifest.input)).toBe(49_408);
  });

  it('stands beside what a graph does', async () => {
    expect([...operatorsOf({ bytes: textGraph() })]).toEqual(['Gather', 'ReduceMax']);
    const { graph } = await (await openModel(STARTER)).tower('text');
    expect([...operatorsOf(graph!)]).toEqual(expect.arrayContaining(['Gather', 'MatMul']));
    expect([...operatorsOf({ path: '/nowhere/model.onnx' })]).toEqual([]);
  });

  it('is unknown of what looks nothing up, and of what is no graph', () => {
    expect(embeddingRows({ bytes: textGraph() }, 'pixel_values')).toBeUndefined();
    expect(
      embeddingRows({ bytes: new TextEncoder().encode('no graph at all') }, 'input_ids'),
    ).toBeUndefined();
    expect(embeddingRows({ bytes: textGraph().subarray(0, 200) }, 'input_ids')).toBeUndefined();
    expect(embeddingRows({ path: '/nowhere/model.onnx' }, 'input_ids')).toBeUndefined();
  });
});
