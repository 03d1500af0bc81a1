// Runtimes that fail when they are asked whether they can run, each in the way that its name says.
const { existsSync } = require('node:fs');
const { defineRuntime } = require('clipgraph/runtime');

const INFO = { device: 'none', library: 'faulty', version: '1', threads: 1, maxBatch: 4, maxInFlight: 1 };
const PROBES = {
  'throws-in-probe': async () => {
    throw new Error('cannot open /home/operator/.secrets/license.key');
  },
  'crashes-in-probe': () =>
    new Promise(() => {
      setTimeout(() => {
        throw new Error('cannot open /home/operator/.secrets/license.key');
      }, 10);
    }),
  'hangs-in-probe': () => {
    for (;;);
  },
  'lies-in-probe': async () => ({ ready: true, info: { threads: 'many' } }),
  'names-paths': async () => ({
    ready: false,
    reason: `The license '/home/operator/.secrets/my license.key' is older than /opt/vendor/lib/clock.so.\n    at Object.<anonymous> (/opt/x.js:1:1)`,
    remedy: 'Renew it at https://vendor.example/renew.',
  }),
  late: async ({ marker }) =>
    existsSync(marker)
      ? { ready: true, info: INFO }
      : { ready: false, reason: 'Nobody answers.', remedy: 'Start it.' },
};

exports.runtimeThat = (name) =>
  defineRuntime({ name }, (options) => ({
    probe: () => PROBES[name](options),
    open: async () => process.abort(),
  }));
