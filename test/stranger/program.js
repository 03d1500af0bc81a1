// The stranger's program: reads questions a line, answers a line, in order.
const { createInterface } = require('node:readline');
const ort = require('onnxruntime-node');

ort.env.logLevel = 'fatal';
const ARRAYS = { float32: Float32Array, uint8: Uint8Array, int32: Int32Array, int64: BigInt64Array };
const sessions = [];

const describe = (metadata) => metadata.map(({ name, type, shape }) => ({ name, type, shape: [...shape] }));

const actions = {
  hello: async () => ({ version: '1' }),
  open: async ({ path, bytes }) => {
    const graph = path ?? Buffer.from(bytes, 'base64');
    const session = await ort.InferenceSession.create(graph, {
      executionProviders: ['cpu'],
      intraOpNumThreads: 1,
    });
    sessions.push(session);
    const { inputMetadata, outputMetadata } = session;
    return {
      session: sessions.length - 1,
      inputs: describe(inputMetadata),
      outputs: describe(outputMetadata),
    };
  },
  run: async ({ session, feeds, outputs }) => {
    const tensors = feeds.map(({ name, type, dims, data }) => {
      const bytes = Uint8Array.from(Buffer.from(data, 'base64'));
      return [name, new ort.Tensor(type, new ARRAYS[type](bytes.buffer), dims)];
    });
    const results = await sessions[session].run(Object.fromEntries(tensors), outputs);
    return {
      results: Object.entries(results).map(([name, { dims, data }]) => ({
        name,
        dims,
        data: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64'),
      })),
    };
  },
  close: async ({ session }) => {
    await sessions[session].release();
    return {};
  },
};

let last = Promise.resolve();
const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  last = last.then(async () => {
    const question = JSON.parse(line);
    const answer = await actions[question.do](question).catch((error) => ({ error: error.message }));
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  });
});
lines.on('close', () => process.exit(0));
