// A runtime plugin as it was written for Clipgraph 0.1.0: its name is in what the factory returns.
const { defineRuntime } = require('clipgraph/runtime');

module.exports = defineRuntime(
  ({ url }) => ({
    name: 'old-runtime',
    probe: async () => ({ ready: false, reason: `Nobody answers at ${url}.`, remedy: 'Start it.' }),
    open: async () => {
      throw new Error('never');
    },
  }),
  { isolation: 'thread' },
);
