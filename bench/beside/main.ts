// Clipgraph beside bare ONNX Runtime and its peers, in one run on one machine, by turns; written to docs/benchmarks.md with plots.
// `npm run bench [-- --models starter,vit-b-32,vit-l-14 --rounds 5 --texts 256 --pictures 48 --threads 2 --no-peers --print]`
// Peers and models of random weights go into bench/.peers. With --print nothing is written.
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg, release, totalmem } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { VERSION } from '../../src/index.js';
import { describeMachine, percentile } from '../machine.js';
import { isMissing, type Case, type Contender, type Missing } from './contender.js';
import { makeContents } from './contents.js';
import { bareRuntime, library, served } from './ours.js';
import { PEERS, startPeer } from './peers.js';
import { barChart } from './plot.js';
import { randomClip, SHAPES } from './random-clip.js';

const ROOT = path.join(__dirname, '..', '..');
const SCRATCH = path.join(ROOT, 'bench', '.peers');
const DOCS = path.join(ROOT, 'docs');

interface Options {
  readonly rounds: number;
  readonly texts: number;
  readonly pictures: number;
  readonly threads: number;
  readonly hasPeers: boolean;
}

/** Contents a second, of each round. */
interface Row {
  readonly contender: string;
  readonly one: Case;
  readonly rates: number[];
}

interface Measured {
  readonly model: string;
  readonly rows: readonly Row[];
  readonly missing: readonly Missing[];
}

const median = (values: readonly number[]): number => percentile(values, 0.5);
const shown = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));

function nameOf({ contender, one: { clients, repeats = 0 } }: Row): string {
  const asked = clients === undefined ? '' : `, ${clients} ${clients === 1 ? 'client' : 'clients'}`;
  return `${contender}${asked}${repeats > 0 ? `, ${repeats * 100} % repeats` : ''}`;
}

async function measure(model: string, options: Options): Promise<Measured> {
  const { rounds, threads, hasPeers } = options;
  const folder = model === 'starter' ? 'starter' : await randomClip(path.join(SCRATCH, 'models'), model);
  const started: (Contender | Missing)[] = [
    await bareRuntime(model === 'starter' ? path.join(ROOT, 'models', 'starter') : folder, threads),
    await library(folder, threads),
    await served(folder, threads),
  ];
  for (const peer of PEERS) {
    if (!hasPeers) started.push({ name: peer.name, reason: 'it was left out of this run' });
    else if (model === 'starter')
      started.push({ name: peer.name, reason: 'the starter is a model of Clipgraph alone' });
    else started.push(await startPeer(peer, SCRATCH, folder, threads));
  }
  const contenders = started.filter((one): one is Contender => !isMissing(one));
  const rows = contenders.flatMap(({ name, cases }) =>
    cases.map((one): Row => ({ contender: name, one, rates: [] })),
  );
  try {
    // The first round warms up.
    for (let round = 0; round <= rounds; round++) {
      for (const { contender, one, rates } of rows) {
        const contents = await makeContents(
          options,
          1000 * round + rows.findIndex((row) => row.one === one),
          one.repeats,
        );
        const ms = await contenders.find(({ name }) => name === contender)?.run(one, contents);
        if (round > 0 && ms !== undefined) rates.push(contents[one.kind].length / (ms / 1000));
      }
      console.error(`${model}: round ${round} of ${rounds}`);
    }
  } finally {
    await Promise.all(contenders.map((one) => one.stop()));
  }
  return { model, rows, missing: started.filter(isMissing) };
}

function table(rows: readonly Row[]): string {
  const bare = median(rows.find(({ contender }) => contender.startsWith('ONNX Runtime'))?.rates ?? []);
  const lines = rows.map((row) => {
    const { rates } = row;
    return `| ${nameOf(row)} | ${shown(median(rates))} | ${shown(Math.min(...rates))} to ${shown(Math.max(...rates))} | ${(median(rates) / bare).toFixed(2)} |`;
  });
  return ['| | a second | rounds | of bare ONNX Runtime |', '| --- | --- | --- | --- |', ...lines].join('\n');
}

function report(
  measured: readonly Measured[],
  { rounds, texts, pictures, threads }: Options,
  load: number,
): string {
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB of memory`;
  const sections = measured.map(({ model, rows, missing }) => {
    const parts = (['texts', 'pictures'] as const).map((kind) => {
      const own = rows.filter(({ one }) => one.kind === kind);
      return `### ${kind === 'texts' ? 'Texts' : 'Pictures'}\n\n![](images/bench-${model}-${kind}.svg)\n\n${table(own)}`;
    });
    const absent = missing.map(({ name, reason }) => `- ${name}: ${reason}.`);
    const without = absent.length === 0 ? '' : `\n\nNot there:\n\n${absent.join('\n')}`;
    return `## ${model}\n\n${parts.join('\n\n')}${without}`;
  });
  return `# Benchmarks

Written by \`npm run bench\`; edit nothing by hand.

Clipgraph ${VERSION} on ${describeMachine()}, ${memory}, ${release()}; load before the run ${load.toFixed(1)}. Each is given
${threads} threads. ${rounds} rounds after one to warm up, in each of which all take turns: medians, and the slowest and the fastest round. A round is
${texts} texts of 4 to 60 tokens, no two the same unless said, or ${pictures} JPEGs of 512 to 1,920 pixels. Models but the starter have random weights of the
named shape: as fast as real ones. Bare ONNX Runtime runs the graph that Clipgraph builds, in full batches of 16 sorted by length; its
tokens and crops are made before the clock starts, the others' after. Peers run in their own process, in batches of 16. Served means HTTP on
loopback, one content a request, the clients in the measuring process on the same cores.

${sections.join('\n\n')}
`;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      models: { type: 'string', default: 'starter,vit-b-32,vit-l-14' },
      rounds: { type: 'string', default: '5' },
      texts: { type: 'string', default: '256' },
      pictures: { type: 'string', default: '48' },
      threads: { type: 'string', default: String(availableParallelism()) },
      'no-peers': { type: 'boolean', default: false },
      print: { type: 'boolean', default: false },
    },
  });
  const options: Options = {
    rounds: Number(values.rounds),
    texts: Number(values.texts),
    pictures: Number(values.pictures),
    threads: Number(values.threads),
    hasPeers: !values['no-peers'],
  };
  mkdirSync(SCRATCH, { recursive: true });
  const [load] = loadavg();
  const measured: Measured[] = [];
  for (const model of values.models.split(',')) {
    if (model !== 'starter' && !Object.hasOwn(SHAPES, model)) {
      throw new Error(`There is no shape ${model}; there are starter, ${Object.keys(SHAPES).join(', ')}.`);
    }
    measured.push(await measure(model, options));
  }
  const text = report(measured, options, load);
  console.log(text);
  if (values.print) return;
  mkdirSync(path.join(DOCS, 'images'), { recursive: true });
  for (const { model, rows } of measured) {
    for (const kind of ['texts', 'pictures'] as const) {
      const bars = rows
        .filter(({ one }) => one.kind === kind)
        .map((row) => ({
          label: nameOf(row),
          value: median(row.rates),
          low: Math.min(...row.rates),
          high: Math.max(...row.rates),
        }));
      writeFileSync(
        path.join(DOCS, 'images', `bench-${model}-${kind}.svg`),
        barChart(`${model}: ${kind}`, 'a second', bars),
      );
    }
  }
  writeFileSync(path.join(DOCS, 'benchmarks.md'), text);
}

void main();
