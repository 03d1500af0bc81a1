/** What keeps CUDA from running, and what to do about it: sentences for a person. */
export interface Diagnosis {
  readonly reason: string;
  readonly remedy: string;
}

/** The version of CUDA that onnxruntime-node 1.30.0 and onnxruntime-gpu 1.30.0 are built for. */
const CUDA_VERSION = 13;
const OTHERWISE = 'Or choose another runtime: [cuda, cpu] falls back to the processor.';

export function wrongPlatform(platform: string, architecture: string): Diagnosis | undefined {
  if ((platform === 'linux' || platform === 'win32') && architecture === 'x64') return undefined;
  return {
    reason: `ONNX Runtime's CUDA provider exists for Linux and Windows on x64; this is ${platform} on ${architecture}.`,
    remedy: 'Choose another runtime: cpu, or wasm where that cannot run.',
  };
}

/** @param files of the provider that onnxruntime-node lacks */
export function missingProvider(files: readonly string[]): Diagnosis {
  return {
    reason: `The CUDA provider is not installed: ${files.join(' and ')} ${files.length > 1 ? 'are' : 'is'} missing.`,
    remedy:
      'Install it with ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node, or copy the shared objects of PyPI’s ' +
      `onnxruntime-gpu of the same version (its folder onnxruntime/capi) into bin/napi-v6/ of onnxruntime-node, beside its own. ${OTHERWISE}`,
  };
}

/** @param ldd what `ldd` printed of the provider library */
export function missingLibraries(ldd: string): Diagnosis | undefined {
  const missing = [...ldd.matchAll(/^\s*(\S+) => not found/gm)].map(([, name]) => name);
  if (missing.length === 0) return undefined;
  const needsDriver = missing.includes('libcuda.so.1');
  const libraries = missing.filter((name) => name !== 'libcuda.so.1');
  const steps = [
    needsDriver ? 'install the NVIDIA driver, of which libcuda.so.1 is a part' : '',
    libraries.length > 0
      ? `install the libraries of CUDA ${CUDA_VERSION} and cuDNN 9, and name their folders in LD_LIBRARY_PATH`
      : '',
  ].filter((step) => step !== '');
  const sentence = steps.join('; ');
  return {
    reason: `Libraries that the CUDA provider needs are missing: ${missing.join(', ')}.`,
    remedy: `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}. ${OTHERWISE}`,
  };
}

const NOT_INSTALLED: Diagnosis = {
  reason: 'The package onnxruntime-node is not installed.',
  remedy: `Install it with the CUDA libraries: ONNXRUNTIME_NODE_INSTALL=cuda12 npm install onnxruntime-node. ${OTHERWISE}`,
};

const FAILURES: readonly (readonly [RegExp, Diagnosis])[] = [
  [/Cannot find (module|package) 'onnxruntime-node/, NOT_INSTALLED],
  [
    /no CUDA-capable device|cudaErrorNoDevice|CUDA failure 100\b/i,
    {
      reason: 'There is no CUDA device.',
      remedy: `Check nvidia-smi, and that the container is given the GPU. ${OTHERWISE}`,
    },
  ],
  [
    /driver version is insufficient|cudaErrorInsufficientDriver|CUDA failure 35\b/i,
    {
      reason: `The NVIDIA driver is too old for CUDA ${CUDA_VERSION}.`,
      remedy: `Update the driver. ${OTHERWISE}`,
    },
  ],
  [
    /invalid device ordinal|CUDA failure 101\b/i,
    {
      reason: 'There is no CUDA device of this number.',
      remedy: 'Correct runtimes.cuda.device; the first one is 0.',
    },
  ],
  [
    /libcudnn|cudnn.{0,40}(not found|cannot open|failed to load)|CUDNN_STATUS_NOT_INITIALIZED/i,
    {
      reason: 'The library cuDNN 9, which the CUDA provider needs, cannot be loaded.',
      remedy: `Install cuDNN 9 and name its folder in LD_LIBRARY_PATH. ${OTHERWISE}`,
    },
  ],
];

/** As CUDA says it, and as ONNX Runtime's own arena over it does. */
const MEMORY_IS_FULL =
  /out of memory|CUDA failure 2\b|CUBLAS_STATUS_ALLOC_FAILED|BFCArena|Failed to allocate memory/i;

/**
 * When the device has no memory left: nothing is wrong with the model or the plugin then.
 *
 * @param message of the error that ONNX Runtime threw
 * @param memory of the device, in megabytes
 */
export function fullDevice(
  message: string,
  device: number,
  memory?: { readonly used: number; readonly total: number },
): Diagnosis | undefined {
  if (!MEMORY_IS_FULL.test(message)) return undefined;
  const wanted = /requested buffer of size (\d+)/.exec(message)?.at(1);
  const sizes = [
    memory && `${memory.used} of its ${memory.total} MB are in use`,
    wanted && `${Math.ceil(Number(wanted) / 2 ** 20)} MB more were asked for`,
  ].filter((part) => part !== undefined && part !== '');
  return {
    reason: `The memory of CUDA device ${device} is full${sizes.length > 0 ? `: ${sizes.join('; ')}` : ''}.`,
    remedy:
      'End what else uses it (nvidia-smi), let workers hold fewer towers (memory.maxModelBytes), lower runtimes.cuda.workers, or choose precision fp16, which takes half.',
  };
}

/** @param message of the error that ONNX Runtime threw */
export function explainFailure(message: string, device = 0): Diagnosis {
  const full = fullDevice(message, device);
  if (full !== undefined) return full;
  const known = FAILURES.find(([pattern]) => pattern.test(message));
  if (known !== undefined) return known[1];
  return {
    reason: `ONNX Runtime cannot use CUDA: ${message.split('\n')[0]}.`,
    remedy: `Run with --log.level debug to see what ONNX Runtime printed. ${OTHERWISE}`,
  };
}
