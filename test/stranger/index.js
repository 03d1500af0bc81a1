// A runtime plugin as a stranger would write it: plain JavaScript in a package of its own, with nothing but what
// docs/writing-a-plugin.md says. The work is done by another program, which answers over a pipe.
const { spawn } = require('node:child_process');
const path = require('node:path');
const { createInterface } = require('node:readline');
const { defineRuntime, feedsFor } = require('clipgraph/runtime');

exports.default = defineRuntime({ name: 'stranger' }, (options) => {
  const program = options.program ?? path.join(__dirname, 'program.js');
  const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'] });
  const waiting = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { resolve, reject } = waiting.shift();
    const answer = JSON.parse(line);
    if (answer.error === undefined) resolve(answer);
    else reject(new Error(answer.error));
  });
  child.on('exit', () => process.exit(1));
  const ask = (question) =>
    new Promise((resolve, reject) => {
      waiting.push({ resolve, reject });
      child.stdin.write(`${JSON.stringify(question)}\n`);
    });
  const toBase64 = (data) => Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64');

  return {
    async probe() {
      const { version } = await ask({ do: 'hello' });
      const info = {
        device: 'a pipe',
        library: 'program.js',
        version,
        threads: 1,
        maxBatch: 32,
        maxInFlight: 4,
      };
      return { ready: true, info };
    },
    async open({ graph }) {
      const source = 'path' in graph ? { path: graph.path } : { bytes: toBase64(graph.bytes) };
      const { session, inputs, outputs } = await ask({ do: 'open', ...source });
      return {
        inputs,
        outputs,
        async run(batch, request) {
          const feeds = Object.entries(feedsFor(batch, inputs)).map(([name, { type, data, dims }]) => ({
            name,
            type,
            dims,
            data: toBase64(data),
          }));
          const { results } = await ask({ do: 'run', session, feeds, outputs: request.outputs });
          return Object.fromEntries(
            results.map(({ name, dims, data }) => {
              const bytes = Uint8Array.from(Buffer.from(data, 'base64'));
              return [name, { dims, data: new Float32Array(bytes.buffer) }];
            }),
          );
        },
        close: () => ask({ do: 'close', session }),
      };
    },
  };
});
