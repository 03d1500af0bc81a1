// ONNX Runtime alone, in a process of its own: what it makes of one batch, again and again.
import type { InferenceSession } from 'onnxruntime-node';
import { answerRequests } from '../../src/isolation/answer.js';
import { feedsFor, externalWeights, type TowerBatch, type TowerSource } from '../../src/runtime/index.js';

export interface OpenParams {
  readonly source: TowerSource;
  readonly provider: 'cuda' | 'cpu';
}

export interface RateParams {
  readonly batch: TowerBatch;
  readonly seconds: number;
}

let session: InferenceSession;
let output: string;

answerRequests({
  open: async ({ source: { graph, weights, manifest }, provider }: OpenParams) => {
    const ort = await import('onnxruntime-node');
    ort.env.logLevel = 'error';
    const options = { executionProviders: [provider], ...externalWeights({ weights }) };
    if (graph === undefined) throw new Error('The tower has no graph.');
    session =
      'path' in graph
        ? await ort.InferenceSession.create(graph.path, options)
        : await ort.InferenceSession.create(graph.bytes, options);
    output = manifest.output;
  },
  /** Contents a second, and the vectors of the last run. */
  rate: async ({ batch, seconds }: RateParams) => {
    const { Tensor } = await import('onnxruntime-node');
    const inputs = session.inputMetadata
      .filter((info) => info.isTensor)
      .map((info) => ({ ...info, shape: [...info.shape] }));
    const feeds = Object.fromEntries(
      Object.entries(feedsFor(batch, inputs)).map(([name, { type, data, dims }]) => [
        name,
        new Tensor(type, data as never, dims),
      ]),
    );
    const from = performance.now();
    let result = await session.run(feeds, [output]);
    let runs = 1;
    for (; performance.now() - from < seconds * 1000; runs++) result = await session.run(feeds, [output]);
    const rate = (runs * batch.size) / ((performance.now() - from) / 1000);
    return { rate, vectors: Float32Array.from(result[output].data as Float32Array) };
  },
});
