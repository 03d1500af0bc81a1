// A runtime plugin that fails in the ways that its option `faults` names, by the number of ids of a text: { 3: 'throws' }. Other
// texts are answered with a vector of ones; `always` names a fault of every content.
const { defineRuntime } = require('clipgraph/runtime');

const hang = () => {
  for (;;);
};
const FAULTS = {
  none: (size) => ones(size),
  hangs: hang,
  'never answers': () => new Promise(() => {}),
  throws: () => {
    throw new Error('secret detail in /etc/passwd');
  },
  'exits in a run': () => process.exit(3),
  'returns NaN': (size) => ({ ...ones(size), data: new Float32Array(size * 384).fill(NaN) }),
  'returns the wrong shape': (size) => ({ dims: [size, 3], data: new Float32Array(size * 3) }),
  'returns too few rows': (size) => ({ dims: [size - 1, 384], data: new Float32Array((size - 1) * 384) }),
  'returns nothing': () => undefined,
  'returns a plain array': (size) => ({ dims: [size, 384], data: Array(size * 384).fill(0.5) }),
  'returns no shape': (size) => ({ data: new Float32Array(size * 384) }),
  // As ONNX Runtime's arena over the memory of a GPU says it.
  'has no memory': () => {
    throw new Error(
      'BFCArena::AllocateRawInternal Failed to allocate memory for requested buffer of size 3221225472',
    );
  },
  'has memory for one': (size) => (size > 1 ? FAULTS['has no memory']() : ones(size)),
  'eats memory': async () => {
    const eaten = [];
    for (;;) {
      eaten.push(Buffer.alloc(16 * 2 ** 20, 1));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  },
};
const ones = (size) => ({ dims: [size, 384], data: new Float32Array(size * 384).fill(1) });

exports.default = defineRuntime({ name: 'faulty' }, ({ faults = {}, always = 'none' }) => ({
  probe: async () => {
    const info = { device: 'none', library: 'faulty', version: '1', threads: 1, maxBatch: 4, maxInFlight: 1 };
    return { ready: true, info };
  },
  open: async ({ manifest, kind }) => {
    const name = manifest.output;
    return {
      inputs: [{ name: manifest.input, type: kind === 'text' ? 'int64' : 'float32', shape: [] }],
      outputs: [{ name, type: 'float32', shape: [] }],
      run: async (batch) => {
        const fault = (batch.lengths ?? []).map((length) => faults[length]).find((found) => found);
        const result = await FAULTS[fault ?? always](batch.size);
        return { [name]: result };
      },
      close: async () => {},
    };
  },
}));
