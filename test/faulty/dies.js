// A runtime that says that it can run, and dies whenever it should, until a file is there.
const { existsSync } = require('node:fs');
const { defineRuntime } = require('clipgraph/runtime');

exports.default = defineRuntime({ name: 'dies' }, ({ marker }) => ({
  probe: async () => ({
    ready: true,
    info: { device: 'none', library: 'dies', version: '1', threads: 1, maxBatch: 8, maxInFlight: 1 },
  }),
  open: async ({ manifest }) => {
    if (!existsSync(marker)) process.abort();
    const { input, output, dimensions } = manifest;
    return {
      inputs: [{ name: input, type: 'int64', shape: [] }],
      outputs: [{ name: output, type: 'float32', shape: [] }],
      run: async ({ size }) => ({
        [output]: { dims: [size, dimensions], data: new Float32Array(size * dimensions).fill(1) },
      }),
      close: async () => {},
    };
  },
}));
