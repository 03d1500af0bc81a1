// The cosine matrix, norms included, and the softmax of its rows beside NumPy's bare product of the same shape on one core, by turns:
// `npm run bench:matrix`. Fails when the matrix takes more than 4 times as long. Without NumPy only ours is printed.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { cosine, cosineMatrix, softmax } from '../src/core/similarity/index.js';
import { describeMachine, percentile } from './machine.js';

const ROUNDS = Number(process.argv.at(2) ?? 15);
const MOST = 4;
const SHAPES = [
  [300, 300, 512],
  [1000, 1000, 512],
  [1000, 1000, 768],
  [4000, 1000, 512],
] as const;

/** NumPy in a process of its own, on one thread; undefined where it is not there. */
async function startNumpy() {
  const environment = {
    ...process.env,
    OPENBLAS_NUM_THREADS: '1',
    MKL_NUM_THREADS: '1',
    OMP_NUM_THREADS: '1',
  };
  const child = spawn('python3', [`${__dirname}/numpy_timer.py`], {
    env: environment,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  child.on('error', () => undefined);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string | undefined> => {
    const { value } = (await lines.next()) as { value: string | undefined };
    return value;
  };
  const version = await next();
  if (version === undefined) return undefined;
  return {
    version,
    time: async (shape: readonly number[]): Promise<number> => {
      child.stdin.write(`${shape.join(' ')}\n`);
      return Number(await next());
    },
    stop: () => child.stdin.end(),
  };
}

function vectors(count: number, dimensions: number): Float32Array[] {
  let state = count;
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
  return Array.from({ length: count }, () => Float32Array.from({ length: dimensions }, random));
}

function timed<Value>(work: () => Value): { readonly ms: number; readonly value: Value } {
  const from = performance.now();
  const value = work();
  return { ms: performance.now() - from, value };
}

async function main(): Promise<void> {
  const numpy = await startNumpy();
  const late: string[] = [];
  for (const shape of SHAPES) {
    const [r, c, dimensions] = shape;
    const [rows, columns] = [vectors(r, dimensions), vectors(c, dimensions)];
    const times = { ours: [] as number[], softmax: [] as number[], numpy: [] as number[] };
    let worst = 0;
    for (let round = -2; round < ROUNDS; round++) {
      const { ms, value } = timed(() => cosineMatrix(rows, columns));
      const soft = timed(() => value.map((row) => softmax(row.map((one) => one * 100))));
      const theirs = await numpy?.time(shape);
      for (let i = 0; i < r; i += 37)
        worst = Math.max(worst, Math.abs(value[i][i % c] - cosine(rows[i], columns[i % c])));
      if (round < 0) continue;
      times.ours.push(ms);
      times.softmax.push(soft.ms);
      if (theirs !== undefined) times.numpy.push(theirs);
    }
    const median = (values: readonly number[]): number => percentile(values, 0.5);
    const ratio = median(times.ours) / median(times.numpy);
    const beside =
      numpy === undefined
        ? 'NumPy is not there'
        : `NumPy's product ${median(times.numpy).toFixed(1)} ms: ratio ${ratio.toFixed(2)}`;
    console.log(
      `${r} × ${c} of ${dimensions}: ${median(times.ours).toFixed(1)} ms, ${beside}; softmax ${median(times.softmax).toFixed(1)} ms; ` +
        `at most ${worst.toExponential(1)} from float64`,
    );
    if (ratio > MOST) late.push(shape.join(' × '));
  }
  numpy?.stop();
  console.log(
    `(medians of ${ROUNDS} rounds in turns${numpy ? `, NumPy ${numpy.version}` : ''}; ${describeMachine()})`,
  );
  if (late.length > 0) throw new Error(`More than ${MOST} times: ${late.join(', ')}.`);
}

void main();
