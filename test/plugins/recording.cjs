// A runtime that writes down the texts of its batches, by their first token, and waits while there is a file named hold.
const { appendFileSync, existsSync } = require('node:fs');
const path = require('node:path');
const { defineRuntime } = require('clipgraph/runtime');

const info = { device: 'here', library: 'recording', version: '1', threads: 1, maxBatch: 16, maxInFlight: 1 };

module.exports = defineRuntime({ name: 'recording', isolation: 'none', needsGraph: false }, ({ folder }) => ({
  probe: async () => ({ ready: true, info }),
  open: async ({ manifest: { input, output, dimensions } }) => ({
    inputs: [{ name: input, type: 'int64', shape: [] }],
    outputs: [{ name: output, type: 'float32', shape: [] }],
    run: async ({ ids, size, length }) => {
      const firsts = Array.from({ length: size }, (_, row) => Number(ids[row * length + 1]));
      appendFileSync(path.join(folder, 'batches'), `${JSON.stringify(firsts)}\n`);
      do {
        await new Promise((resolve) => setTimeout(resolve, 1));
      } while (existsSync(path.join(folder, 'hold')));
      return { [output]: { dims: [size, dimensions], data: new Float32Array(size * dimensions).fill(1) } };
    },
    close: async () => {},
  }),
}));
