// A runtime that is wrong: every vector is of ones.
const { defineRuntime } = require('clipgraph/runtime');

const info = { device: 'here', library: 'ones', version: '1', threads: 1, maxBatch: 16, maxInFlight: 1 };

module.exports = defineRuntime({ name: 'ones', isolation: 'none', needsGraph: false }, () => ({
  probe: async () => ({ ready: true, info }),
  open: async ({ manifest: { input, output, dimensions } }) => ({
    inputs: [{ name: input, type: 'int64', shape: [] }],
    outputs: [{ name: output, type: 'float32', shape: [] }],
    run: async ({ size }) => ({
      [output]: { dims: [size, dimensions], data: new Float32Array(size * dimensions).fill(1) },
    }),
    close: async () => {},
  }),
}));
