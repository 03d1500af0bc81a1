import { Pool } from 'undici';
import cpu from '../../plugins/runtimes/cpu/index.js';
import { cropsToTensor } from '../../src/core/image/index.js';
import { createClipgraph, type Content } from '../../src/index.js';
import { openModel } from '../../src/models/index.js';
import type { TextBatch, TowerBatch, TowerKind } from '../../src/runtime/index.js';
import { serve } from '../serving.js';
import { byClients, timed, type Case, type Contender } from './contender.js';
import type { Contents } from './contents.js';

const BATCH = 16;

/** The graph that Clipgraph builds on bare ONNX Runtime: tokens and crops are made before, batches are full and sorted. */
export async function bareRuntime(folder: string, threads: number): Promise<Contender> {
  const model = await openModel(folder);
  const tokenizer = await model.tokenizer();
  const runtime = cpu.create({ threads });
  const open = async (kind: TowerKind) => {
    const { graph, ...source } = await model.tower(kind);
    if (graph === undefined) throw new Error('The model has no graph.');
    return { tower: await runtime.open({ ...source, graph }), output: source.manifest.output };
  };
  const towers = { text: await open('text'), image: await open('image') };
  const size = model.manifest.imageSize;

  const textBatches = (texts: readonly string[]): TextBatch[] => {
    const all = texts
      .map((text) => tokenizer(text, { truncate: true }).ids)
      .sort((a, b) => a.length - b.length);
    return Array.from({ length: Math.ceil(all.length / BATCH) }, (_, i) => {
      const rows = all.slice(i * BATCH, (i + 1) * BATCH);
      const length = Math.max(...rows.map((ids) => ids.length));
      const ids = new Int32Array(rows.length * length).fill(49_407);
      for (const [row, own] of rows.entries()) ids.set(own, row * length);
      return { kind: 'text', ids, lengths: rows.map((own) => own.length), size: rows.length, length };
    });
  };
  const pictureBatches = (count: number): TowerBatch[] =>
    Array.from({ length: Math.ceil(count / BATCH) }, (_, i) => {
      const rows = Math.min(BATCH, count - i * BATCH);
      const crops = Uint8Array.from({ length: rows * 3 * size * size }, (_unused, at) => at % 251);
      return { kind: 'image', crops, pixels: cropsToTensor(crops, rows, size), size: rows, imageSize: size };
    });

  return {
    name: 'ONNX Runtime, bare',
    cases: [{ kind: 'texts' }, { kind: 'pictures' }],
    run: async ({ kind }, { texts, pictures }) => {
      const batches = kind === 'texts' ? textBatches(texts) : pictureBatches(pictures.length);
      const { tower, output } = towers[kind === 'texts' ? 'text' : 'image'];
      const { signal } = new AbortController();
      return timed(async () => {
        for (const batch of batches) await tower.run(batch, { outputs: [output], signal });
      });
    },
    stop: async () => {
      await Promise.all(Object.values(towers).map(({ tower }) => tower.close()));
    },
  };
}

const contentsOf = ({ kind }: Case, { texts, pictures }: Contents): Content[] =>
  kind === 'texts' ? texts.map((text) => ({ text })) : pictures.map((bytes) => ({ image: { bytes } }));

/** The library, in this process. */
export async function library(folder: string, threads: number): Promise<Contender> {
  const clipgraph = await createClipgraph({
    model: folder,
    runtime: 'cpu',
    runtimes: { cpu: { threads } },
    cache: { maxBytes: 0 },
  });
  return {
    name: 'Clipgraph, the library',
    cases: [{ kind: 'texts' }, { kind: 'pictures' }],
    run: (one, contents) =>
      timed(async () => {
        for await (const { result } of clipgraph.embedStream(contentsOf(one, contents), { truncate: true })) {
          if (result instanceof Error) throw result;
        }
      }),
    stop: () => clipgraph.close(),
  };
}

const QUERY = `query ($input: ContentInput!) { embed(input: $input, options: { truncate: true }) { vectorBase64 } }`;
const CLIENTS = [1, 8, 32, 128];

/** The server in a process of its own, asked for one content a request. */
export async function served(folder: string, threads: number): Promise<Contender> {
  const server = await serve(
    ...['--log.level', 'error', '--model', folder, '--runtime', 'cpu'],
    ...['--runtimes.cpu.threads', String(threads), '--server.drainMs', '0'],
  );
  const headers = { 'content-type': 'application/json' };
  return {
    name: 'Clipgraph, served',
    cases: [
      ...CLIENTS.map((clients) => ({ kind: 'texts', clients, repeats: 0 }) as const),
      { kind: 'texts', clients: 32, repeats: 0.5 },
      ...CLIENTS.map((clients) => ({ kind: 'pictures', clients, repeats: 0 }) as const),
    ],
    run: async ({ kind, clients = 1 }, { texts, pictures }) => {
      const pool = new Pool(server.url, { connections: clients });
      const inputs =
        kind === 'texts'
          ? texts.map((text) => ({ text }))
          : pictures.map((bytes) => ({ image: { base64: bytes.toString('base64') } }));
      const bodies = inputs.map((input) => JSON.stringify({ query: QUERY, variables: { input } }));
      const spent = await timed(() =>
        byClients(clients, bodies, async (body) => {
          const answer = await pool.request({ path: '/graphql', method: 'POST', headers, body });
          const { errors } = (await answer.body.json()) as { errors?: unknown };
          if (errors !== undefined) throw new Error(JSON.stringify(errors));
        }),
      );
      await pool.close();
      return spent;
    },
    stop: async () => {
      server.stop();
      await server.ended;
    },
  };
}
