import { open, readFile, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import {
  ClipgraphError,
  defineRuntime,
  parseOptions,
  towerOfSession,
  type Probe,
  type ExternalWeights,
} from 'clipgraph/runtime';
import { z } from 'zod';

const NAME = 'wasm';
const MAX_BATCH = 8;

const optionsSchema = z.strictObject({
  /** Threads. Default 1: the WebAssembly build gains little from more. */
  threads: z.number().int().min(1).max(64).default(1),
  /** How much the graph is rewritten before it runs. Default `all`. */
  graphOptimization: z.enum(['disabled', 'basic', 'extended', 'all']).default('all'),
});

type WeightsPart = ExternalWeights['parts'][number];

export type WasmOptions = z.input<typeof optionsSchema>;

/** Bytes that are read at a time; Node reads no more than 2 GiB. */
const MAX_READ = 2 ** 30;
/** Bytes of an array. */
const MAX_FILE = 2 ** 32 - 1;

/**
 * Reads a part of a file into the same place of an array. A read may give less than it was asked for; what is missing would be
 * weights of zero.
 *
 * @throws MODEL_UNAVAILABLE when the file ends before the part does
 */
async function readPart(
  handle: FileHandle,
  data: Uint8Array,
  { file, offset, length }: WeightsPart,
): Promise<void> {
  const end = offset + length;
  for (let at = offset; at < end;) {
    const count = Math.min(MAX_READ, Math.min(end, data.length) - at);
    const { bytesRead } = count > 0 ? await handle.read(data, at, count, at) : { bytesRead: 0 };
    if (bytesRead === 0) {
      const message = `The model's weights are cut: ${file} ends at byte ${at}, and its graph uses ${end}.`;
      throw new ClipgraphError('MODEL_UNAVAILABLE', message);
    }
    at += bytesRead;
  }
}

/**
 * WebAssembly sees no files: each is given as an array. Only what the graph uses is read into it; the rest stays untouched,
 * and takes no memory.
 */
function readWeights({ folder, files, parts }: ExternalWeights) {
  return Promise.all(
    files.map(async (file) => {
      const handle = await open(path.join(folder, file));
      try {
        const { size } = await handle.stat();
        if (size > MAX_FILE) {
          const message = `The model's weights are in a file of ${size} bytes; WebAssembly can be given no more than ${MAX_FILE}. Use the runtime cpu.`;
          throw new ClipgraphError('MODEL_UNAVAILABLE', message);
        }
        const data = new Uint8Array(size);
        for (const part of parts) if (part.file === file) await readPart(handle, data, part);
        return { path: file, data };
      } finally {
        await handle.close();
      }
    }),
  );
}

/** ONNX Runtime in WebAssembly, through the package onnxruntime-web: where there is Node, it runs. */
export default defineRuntime<WasmOptions>({ name: NAME, isolation: 'thread' }, (options) => {
  const { threads, graphOptimization } = parseOptions(NAME, optionsSchema, options);

  const load = async () => {
    const ort = await import('onnxruntime-web');
    ort.env.logLevel = 'error';
    ort.env.wasm.numThreads = threads; // Read once, when the first session is made.
    return ort;
  };

  const probe = async (): Promise<Probe> => {
    try {
      const { env } = await load();
      const version = env.versions.web ?? 'unknown';
      const base = { device: 'CPU (WebAssembly)', library: 'onnxruntime-web', version };
      return { ready: true, info: { ...base, threads, maxBatch: MAX_BATCH, maxInFlight: 1 } };
    } catch (error) {
      return {
        ready: false,
        reason: `onnxruntime-web cannot be loaded: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}.`,
        remedy: 'Install the package again: npm ci.',
      };
    }
  };

  return {
    probe,
    async open({ graph, weights }) {
      const { InferenceSession, Tensor } = await load();
      const bytes = 'path' in graph ? await readFile(graph.path) : graph.bytes;
      const session = await InferenceSession.create(bytes, {
        executionProviders: ['wasm'],
        graphOptimizationLevel: graphOptimization,
        ...(weights && { externalData: await readWeights(weights) }),
      });
      return towerOfSession(session, Tensor);
    },
  };
});
