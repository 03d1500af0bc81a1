import { availableParallelism } from 'node:os';
import { defineRuntime, externalWeights, parseOptions, towerOfSession, type Probe } from 'clipgraph/runtime';
import type { InferenceSession } from 'onnxruntime-node';
import { z } from 'zod';

const NAME = 'cpu';
/** Larger batches gain nothing on a CPU and make the next request wait longer. */
const MAX_BATCH = 16;

const optionsSchema = z.strictObject({
  /** Threads of one process. Default: all cores. More threads than cores make it many times slower. */
  threads: z.number().int().min(1).max(256).optional(),
  /** How much the graph is rewritten before it runs. Default `all`. */
  graphOptimization: z.enum(['disabled', 'basic', 'extended', 'all']).default('all'),
});

export type CpuOptions = z.input<typeof optionsSchema>;

/** npm leaves an optional package out, without a word, when its install script fails. */
const NOT_INSTALLED = {
  reason: 'The package onnxruntime-node is not installed.',
  remedy:
    'npm leaves it out when its install script cannot download the CUDA libraries, which the processor does not need: ' +
    'ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node. Until then use wasm.',
};

function explain({ code, message }: NodeJS.ErrnoException): Probe {
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND')
    return { ready: false, ...NOT_INSTALLED };
  return {
    ready: false,
    reason: `onnxruntime-node cannot be loaded: ${message.split('\n')[0]}.`,
    remedy:
      'It has binaries for Linux (glibc) and Windows on x64 and arm64, and for macOS on arm64; elsewhere use wasm.',
  };
}

/** ONNX Runtime on the processor, through the package onnxruntime-node. */
export default defineRuntime<CpuOptions>({ name: NAME }, (options) => {
  const { threads = availableParallelism(), graphOptimization } = parseOptions(NAME, optionsSchema, options);

  const load = async () => {
    const ort = await import('onnxruntime-node');
    ort.env.logLevel = 'error';
    return ort;
  };

  const probe = async (): Promise<Probe> => {
    try {
      const { env } = await load();
      const version = env.versions.node ?? 'unknown';
      const info = {
        device: 'CPU',
        library: 'onnxruntime-node',
        version,
        threads,
        maxBatch: MAX_BATCH,
        maxInFlight: 1,
      };
      return { ready: true, info };
    } catch (error) {
      return explain(error as NodeJS.ErrnoException);
    }
  };

  return {
    probe,
    async open({ graph, weights }) {
      const { InferenceSession, Tensor } = await load();
      const sessionOptions: InferenceSession.SessionOptions = {
        // Exactly one: ONNX Runtime drops an unknown provider from a list without an error.
        executionProviders: ['cpu'],
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
        graphOptimizationLevel: graphOptimization,
        ...externalWeights({ weights }),
      };
      const session =
        'path' in graph
          ? await InferenceSession.create(graph.path, sessionOptions)
          : await InferenceSession.create(graph.bytes, sessionOptions);
      return towerOfSession(session, Tensor);
    },
  };
});
