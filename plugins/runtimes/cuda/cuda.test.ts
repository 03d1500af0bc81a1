import path from 'node:path';
import { conformanceTests } from 'clipgraph/conformance';
import { RuntimeHost } from '../../../src/runtime/host.js';
import { explainFailure, fullDevice, missingLibraries, missingProvider, wrongPlatform } from './diagnosis.js';

const PLUGIN = path.join(__dirname, 'index.ts');
const MODULE = { specifier: PLUGIN, from: __dirname };
/** A folder with onnxruntime-node and the CUDA provider's libraries, for a machine without a GPU. */
const WITH_PROVIDER = process.env.CLIPGRAPH_CUDA_MODULES;

async function probe(options: Record<string, unknown>) {
  const log = { info: () => undefined, warn: () => undefined, debug: () => undefined };
  const host = new RuntimeHost({ name: 'cuda', module: MODULE, options, log, watchdogMs: 60_000 });
  try {
    return await host.probe();
  } finally {
    await host.close();
  }
}

describe('the runtime cuda', () => {
  it('can run, or says what is missing and what to do', async () => {
    const found = await probe({});
    if (found.ready) {
      expect(found.info.library).toBe('onnxruntime-node');
    } else {
      expect(found.reason).toMatch(/CUDA/);
      expect(found.remedy).toMatch(
        /npm rebuild onnxruntime-node|driver|LD_LIBRARY_PATH|nvidia-smi|another runtime/,
      );
    }
  });

  it('refuses an option that is wrong', async () => {
    await expect(probe({ device: -1 })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringMatching(/options under runtimes\.cuda are wrong: device/),
    });
  });

  (WITH_PROVIDER === undefined ? it.skip : it)(
    'says which libraries are missing where the provider is there',
    async () => {
      const found = await probe({ modules: WITH_PROVIDER });
      expect(found).toMatchObject({
        ready: false,
        reason: expect.stringMatching(/needs are missing: libcublasLt\.so\.13, .*libcuda\.so\.1\./),
        remedy: expect.stringMatching(
          /^Install the NVIDIA driver, .*; install the libraries of CUDA 13 and cuDNN 9/,
        ),
      });
    },
  );

  const tests = conformanceTests({ name: 'cuda', module: PLUGIN });
  const itOnGpu = process.env.CLIPGRAPH_GPU === undefined ? it.skip : it;
  itOnGpu.each(tests.map((test) => [test.name, test] as const))('on a GPU: %s', async (_, test) => {
    await test.run();
  });
});

describe('the diagnosis', () => {
  it('knows the platforms', () => {
    expect(wrongPlatform('linux', 'x64')).toBeUndefined();
    expect(wrongPlatform('darwin', 'arm64')).toMatchObject({
      reason: expect.stringContaining('darwin on arm64'),
    });
  });

  it('names missing files of the provider, and where they go', () => {
    const { reason, remedy } = missingProvider(['a.so', 'b.so']);
    expect(reason).toBe('The CUDA provider is not installed: a.so and b.so are missing.');
    expect(remedy).toContain('into bin/napi-v6/ of onnxruntime-node');
  });

  it.each([
    [
      'a driver',
      '\tlibcuda.so.1 => not found\n\tlibc.so.6 => /lib/libc.so.6',
      'libcuda.so.1',
      /^Install the NVIDIA driver/,
    ],
    [
      'libraries',
      '\tlibcublas.so.13 => not found\n\tlibcudnn.so.9 => not found',
      'libcublas.so.13, libcudnn.so.9',
      /^Install the libraries of CUDA 13/,
    ],
  ])('reads from ldd that %s is missing', (_, ldd, names, remedy) => {
    const diagnosis = missingLibraries(ldd)!;
    expect(diagnosis.reason).toContain(`are missing: ${names}.`);
    expect(diagnosis.remedy).toMatch(remedy);
  });

  it('finds nothing missing where nothing is', () => {
    expect(missingLibraries('\tlibc.so.6 => /lib/libc.so.6 (0x1)\n')).toBeUndefined();
  });

  it('says how full a device is, and what was asked for', () => {
    const message = 'BFCArena: Failed to allocate memory for requested buffer of size 3221225472';
    expect(fullDevice(message, 1, { used: 23_900, total: 24_576 })).toEqual({
      reason:
        'The memory of CUDA device 1 is full: 23900 of its 24576 MB are in use; 3072 MB more were asked for.',
      remedy: expect.stringContaining('memory.maxModelBytes'),
    });
    expect(fullDevice('an error', 0)).toBeUndefined();
  });

  it.each([
    ['CUDA failure 100: no CUDA-capable device is detected', /no CUDA device/],
    ['CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version', /driver is too old/],
    ['CUDA failure 101: invalid device ordinal', /no CUDA device of this number/],
    ['CUDA failure 2: out of memory', /memory of CUDA device 0 is full/],
    [
      'bfc_arena.cc:359 void* onnxruntime::BFCArena::AllocateRawInternal(size_t, bool, onnxruntime::Stream*) Failed to allocate memory for requested buffer of size 1073741824',
      /memory of CUDA device 0 is full/,
    ],
    ['Failed to load libcudnn.so.9: cannot open shared object file', /cuDNN 9/],
    [
      'OrtSessionOptionsAppendExecutionProvider_Cuda: Failed to load shared library',
      /Failed to load shared library/,
    ],
  ])('explains %s', (message, reason) => {
    const diagnosis = explainFailure(message);
    expect(diagnosis.reason).toMatch(reason);
    expect(diagnosis.remedy).not.toBe('');
  });
});
