import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';
import {
  ClipgraphError,
  defineRuntime,
  externalWeights,
  operatorsOf,
  parseOptions,
  smallGraph,
  towerOfSession,
  type GraphTowerSource,
  type Probe,
  type TowerSource,
} from 'clipgraph/runtime';
import type * as Ort from 'onnxruntime-node';
import { z } from 'zod';
import { deviceMemory, deviceName } from './device.js';
import {
  explainFailure,
  fullDevice,
  missingLibraries,
  missingProvider,
  wrongPlatform,
  type Diagnosis,
} from './diagnosis.js';

type OrtModule = Pick<typeof Ort, 'env' | 'InferenceSession' | 'Tensor'>;

const NAME = 'cuda';
const MAX_BATCH = 256;

/** The forms that ran fastest on an H200 within each precision (docs/benchmarks-gpu.md). */
const GRAPHS = {
  exact: { bias: 'joined' },
  tf32: { attention: 'fused', bias: 'joined' },
  fp16: { precision: 'fp16', attention: 'fused', bias: 'joined' },
} as const;

const optionsSchema = z.strictObject({
  /** The device's number. Default 0. */
  device: z.number().int().min(0).default(0),
  /**
   * `exact`, the default: products are added up as float32 has it. `tf32`: factors of 10 bits; `fp16`: weights and activations of
   * 16 bits. Both are faster, and the vectors' dtype says so.
   */
  precision: z.enum(['exact', 'tf32', 'fp16']).default('exact'),
  /** How much the graph is rewritten before it runs. Default `all`. */
  graphOptimization: z.enum(['disabled', 'basic', 'extended', 'all']).default('all'),
  /** A folder whose node_modules hold the onnxruntime-node to use. Default: the one that was installed with Clipgraph. */
  modules: z.string().min(1).optional(),
});

export type CudaOptions = z.input<typeof optionsSchema>;

/** Operations on numbers of 8 bits that ONNX Runtime has for the processor alone. */
const OF_THE_PROCESSOR =
  /^(MatMulInteger(ToFloat)?|DynamicQuantize(Linear|MatMul|LSTM)|ConvInteger|QLinear.*|QGemm|QAttention)$/;

/** @throws MODEL_UNAVAILABLE for a graph that would run elsewhere without a word */
function checkOperators({ graph, kind, manifest }: GraphTowerSource): void {
  const found = [...operatorsOf(graph)].find((operator) => OF_THE_PROCESSOR.test(operator));
  if (found === undefined) return;
  throw new ClipgraphError(
    'MODEL_UNAVAILABLE',
    `The ${kind} tower of ${manifest.model} multiplies numbers of 8 bits (${found}), which ONNX Runtime does on the processor alone: it would not run on the GPU. Choose its other weights, or the runtime cpu.`,
  );
}

/** ONNX Runtime's CUDA provider, through the package onnxruntime-node. */
export default defineRuntime<CudaOptions>({ name: NAME }, (options) => {
  const { device, precision, graphOptimization, modules } = parseOptions(NAME, optionsSchema, options);
  const require = createRequire(
    modules === undefined ? __filename : path.join(path.resolve(modules), 'index.js'),
  );

  const load = () => {
    // The libraries of CUDA read it once, when they are loaded; onnxruntime-node has no option for it.
    if (precision === 'exact') process.env.NVIDIA_TF32_OVERRIDE = '0';
    else delete process.env.NVIDIA_TF32_OVERRIDE;
    // cuDNN's attention is planned anew for every shape of a batch, which takes longer than hundreds of runs.
    process.env.ORT_ENABLE_CUDNN_FLASH_ATTENTION = '0';
    const ort = require('onnxruntime-node') as OrtModule;
    ort.env.logLevel = 'error';
    return ort;
  };

  const createSession = (
    graph: string | Uint8Array,
    weights?: TowerSource['weights'],
  ): Promise<Ort.InferenceSession> => {
    const sessionOptions: Ort.InferenceSession.SessionOptions = {
      // ONNX Runtime adds its processor for the few operations that CUDA lacks; a second device would be used without a word.
      executionProviders: [{ name: 'cuda', deviceId: device }],
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

  /** That the provider is listed says nothing, and cuDNN is loaded at the first run: only a run shows that it works. */
  const tryRun = async (): Promise<void> => {
    const session = await createSession(smallGraph());
    try {
      const { name, shape } = session.inputMetadata[0] as Ort.InferenceSession.TensorValueMetadata;
      const dims = shape.map((size) => (typeof size === 'number' ? size : 1));
      const pixels = new Float32Array(dims.reduce((product, size) => product * size, 1));
      await session.run({ [name]: new (load().Tensor)('float32', pixels, dims) });
    } finally {
      await session.release();
    }
  };

  const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

  /** A full device is said to be one, whatever was under way. */
  const explained = async <Result>(work: Promise<Result>): Promise<Result> => {
    try {
      return await work;
    } catch (cause) {
      const full = fullDevice(messageOf(cause), device, await deviceMemory(device));
      if (full === undefined) throw cause;
      throw new ClipgraphError('OUT_OF_MEMORY', `${full.reason} ${full.remedy}`, { cause });
    }
  };

  const probe = async (): Promise<Probe> => {
    try {
      const diagnosis = await inspect();
      if (diagnosis !== undefined) return { ready: false, ...diagnosis };
      await tryRun();
      const version = load().env.versions.node ?? 'unknown';
      const info = { device: await deviceName(device), library: 'onnxruntime-node', version, threads: 1 };
      const suffix = precision === 'exact' ? undefined : precision;
      const sizes = { maxBatch: MAX_BATCH, maxInFlight: 1 };
      return { ready: true, info: { ...info, ...sizes, precision: suffix, graphs: GRAPHS[precision] } };
    } catch (error) {
      return { ready: false, ...explainFailure(messageOf(error), device) };
    }
  };

  return {
    probe,
    async open(source) {
      checkOperators(source);
      const { graph, weights } = source;
      const session = createSession('path' in graph ? graph.path : graph.bytes, weights);
      const tower = towerOfSession(await explained(session), load().Tensor);
      return { ...tower, run: (batch, request) => explained(tower.run(batch, request)) };
    },
  };
});
