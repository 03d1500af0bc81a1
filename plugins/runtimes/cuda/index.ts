import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';
import {
  defineRuntime,
  externalWeights,
  parseOptions,
  smallGraph,
  towerOfSession,
  type Probe,
  type TowerSource,
} from 'clipgraph/runtime';
import type * as Ort from 'onnxruntime-node';
import { z } from 'zod';
import {
  explainFailure,
  missingLibraries,
  missingProvider,
  wrongPlatform,
  type Diagnosis,
} from './diagnosis.js';

type OrtModule = Pick<typeof Ort, 'env' | 'InferenceSession' | 'Tensor'>;

const NAME = 'cuda';
const MAX_BATCH = 64;

const optionsSchema = z.strictObject({
  /** The device's number. Default 0. */
  device: z.number().int().min(0).default(0),
  /** How much of the device's memory may be used, in megabytes. Default: all. */
  deviceMemoryMb: z.number().int().min(1).optional(),
  /** How much the graph is rewritten before it runs. Default `all`. */
  graphOptimization: z.enum(['disabled', 'basic', 'extended', 'all']).default('all'),
  /** A folder whose node_modules hold the onnxruntime-node to use. Default: the one that was installed with Clipgraph. */
  modules: z.string().min(1).optional(),
});

export type CudaOptions = z.input<typeof optionsSchema>;

/** ONNX Runtime's CUDA provider, through the package onnxruntime-node. */
export default defineRuntime<CudaOptions>((options) => {
  const { device, deviceMemoryMb, graphOptimization, modules } = parseOptions(NAME, optionsSchema, options);
  const require = createRequire(
    modules === undefined ? __filename : path.join(path.resolve(modules), 'index.js'),
  );

  const load = () => {
    const ort = require('onnxruntime-node') as OrtModule;
    ort.env.logLevel = 'error';
    return ort;
  };

  const createSession = (
    graph: string | Uint8Array,
    weights?: TowerSource['weights'],
  ): Promise<Ort.InferenceSession> => {
    const provider: Record<string, unknown> = { name: 'cuda', deviceId: device };
    if (deviceMemoryMb !== undefined) provider.gpuMemLimit = deviceMemoryMb * 2 ** 20;
    const sessionOptions: Ort.InferenceSession.SessionOptions = {
      // Exactly one: with another behind it, ONNX Runtime might run there without a word.
      executionProviders: [provider as { name: 'cuda' }],
      graphOptimizationLevel: graphOptimization,
      ...externalWeights({ weights }),
    };
    const { InferenceSession } = load();
    return typeof graph === 'string'
      ? InferenceSession.create(graph, sessionOptions)
      : InferenceSession.create(graph, sessionOptions);
  };

  /** What can be seen to be missing without trying. */
  const inspect = async (): Promise<Diagnosis | undefined> => {
    const platform = wrongPlatform(process.platform, process.arch);
    if (platform !== undefined) return platform;
    const root = path.dirname(require.resolve('onnxruntime-node/package.json'));
    const folder = path.join(root, 'bin', 'napi-v6', process.platform, process.arch);
    const [prefix, suffix] = process.platform === 'win32' ? ['', '.dll'] : ['lib', '.so'];
    const files = ['shared', 'cuda'].map((part) => `${prefix}onnxruntime_providers_${part}${suffix}`);
    const missing = files.filter((file) => !existsSync(path.join(folder, file)));
    if (missing.length > 0) return missingProvider(missing);
    if (process.platform !== 'linux') return undefined;
    const listed = await promisify(execFile)('ldd', [path.join(folder, files[1])]).catch(() => undefined);
    return listed === undefined ? undefined : missingLibraries(listed.stdout);
  };

  const probe = async (): Promise<Probe> => {
    try {
      const diagnosis = await inspect();
      if (diagnosis !== undefined) return { ready: false, ...diagnosis };
      // That the provider is listed says nothing: only a session shows that it works.
      await (await createSession(smallGraph())).release();
      const version = load().env.versions.node ?? 'unknown';
      const info = { device: `CUDA device ${device}`, library: 'onnxruntime-node', version };
      return { ready: true, info: { ...info, threads: 1, maxBatch: MAX_BATCH, maxInFlight: 1 } };
    } catch (error) {
      return { ready: false, ...explainFailure(error instanceof Error ? error.message : String(error)) };
    }
  };

  return {
    name: NAME,
    probe,
    async open({ graph, weights }) {
      return towerOfSession(
        await createSession('path' in graph ? graph.path : graph.bytes, weights),
        load().Tensor,
      );
    },
  };
});
