// Preparation beside Pillow's, in one run on one core, alternating: `npm run bench:prepare`.
// Fails when a ratio is over its limit, a crop differs, or the event loop of the pool's process was blocked.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { clipPlan, planCrop, type Raster } from '../src/core/image/index.js';
import { resampleCrop } from '../src/core/image/resample.js';
import { resampleFast } from '../src/core/image/resample-fast.js';
import { PreparationPool } from '../src/media/index.js';
import { prepareImage } from '../src/media/prepare.js';
import { describeMachine, percentile } from './machine.js';
import { startPillow } from './pillow.js';

const SIZE = 224;
const PLAN = clipPlan(SIZE);
const ROUNDS = 25;
const WARM_UP = 15;
const LONGEST_BLOCK_MS = 10;
const CASES = [
  { width: 640, height: 480, resize: 0.4, whole: 0.85 },
  { width: 4000, height: 3000, resize: 0.3, whole: 0.5 },
];

/** Structure at every scale, as photographs have. */
async function photograph(width: number, height: number): Promise<Buffer> {
  const layer = async (scale: number, seed: number): Promise<Buffer> => {
    const size = { width: Math.ceil(width / scale), height: Math.ceil(height / scale) };
    const data = Buffer.alloc(size.width * size.height * 3);
    let state = seed;
    for (let i = 0; i < data.length; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      data[i] = state >>> 24;
    }
    const raw = { ...size, channels: 3 as const };
    return sharp(data, { raw }).resize(width, height, { fit: 'fill', kernel: 'cubic' }).raw().toBuffer();
  };
  const layers = await Promise.all([layer(200, 1), layer(40, 2), layer(8, 3), layer(2, 4)]);
  const weights = [0.55, 0.25, 0.15, 0.05];
  const pixels = Buffer.alloc(width * height * 3);
  for (let i = 0; i < pixels.length; i++) {
    pixels[i] = layers.reduce((sum, values, l) => sum + values[i] * weights[l], 0);
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 90 })
    .toBuffer();
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

async function timed<Value>(
  work: () => Value | Promise<Value>,
): Promise<{ milliseconds: number; value: Value }> {
  const from = performance.now();
  const value = await work();
  return { milliseconds: performance.now() - from, value };
}

const options = {
  format: 'jpeg',
  plan: PLAN,
  pillow: 13,
  strict: false,
  isOriented: true,
  maxPixels: 1e8,
} as const;

/** The longest gaps between turns of the event loop: by the clock, and of that what the process itself computed. */
function watchEventLoop(): () => { clock: number; computed: number } {
  const longest = { clock: 0, computed: 0 };
  let last = performance.now();
  let cpu = process.cpuUsage();
  const timer = setInterval(() => {
    const now = performance.now();
    const { user, system } = process.cpuUsage(cpu);
    longest.clock = Math.max(longest.clock, now - last);
    // Where the gap is longer than what was computed, the system ran something else.
    longest.computed = Math.max(longest.computed, Math.min(now - last, (user + system) / 1000));
    last = now;
    cpu = process.cpuUsage();
  }, 1);
  return () => {
    clearInterval(timer);
    return longest;
  };
}

/** How long the event loop of a process is blocked while its pool prepares 12-megapixel pictures. */
async function measureEventLoop(folder: string): Promise<void> {
  const bytes = readFileSync(path.join(folder, '4000x3000.jpg'));
  const pool = new PreparationPool({
    workers: 1,
    maxQueue: 100,
    timeoutMs: 60_000,
    onLost: () => undefined,
  });
  const signal = new AbortController().signal;
  for (let i = 0; i < WARM_UP; i++)
    await pool.prepare({ bytes, ...options }, { client: 'bench', group: signal, signal });
  const stop = watchEventLoop();
  for (let i = 0; i < ROUNDS; i++)
    await pool.prepare({ bytes, ...options }, { client: 'bench', group: signal, signal });
  const { clock, computed } = stop();
  await pool.close();
  console.log(
    `The server's event loop while ${ROUNDS} pictures of 12 megapixels are prepared: blocked for ${computed.toFixed(1)} ms ` +
      `at most by its own work (${clock.toFixed(1)} ms by the clock, what else the machine ran included).`,
  );
  console.log(`(${describeMachine()})`);
  if (computed > LONGEST_BLOCK_MS) throw new Error(`Over the limit of ${LONGEST_BLOCK_MS} ms.`);
}

async function compareWithPillow(folder: string): Promise<void> {
  const pillow = startPillow();
  const failures: string[] = [];
  const median = (values: number[]): number => percentile(values, 0.5);
  console.log(
    `One core; medians of ${ROUNDS} rounds in milliseconds, and the ratio to Pillow 13.0.0 in the same rounds.`,
  );
  for (const { width, height, ...limits } of CASES) {
    const file = path.join(folder, `${width}x${height}.jpg`);
    const bytes = await photograph(width, height);
    writeFileSync(file, bytes);
    const { data } = await sharp(bytes, { ignoreIcc: true }).raw().toBuffer({ resolveWithObject: true });
    const raster: Raster = { data, width, height, channels: 3 };
    const plan = planCrop(width, height, PLAN);
    for (const what of ['resize', 'whole'] as const) {
      const ours: number[] = [];
      const plain: number[] = [];
      const theirs: number[] = [];
      for (let round = 0; round < ROUNDS + WARM_UP; round++) {
        const fast = await timed(async () =>
          what === 'resize'
            ? resampleFast(raster, plan).data
            : (await prepareImage({ bytes, ...options })).crop,
        );
        const other = await pillow?.time(what, file, SIZE);
        if (other !== undefined && other.sha256 !== sha256(fast.value))
          failures.push(`${what} ${width} × ${height}: another crop`);
        if (round < WARM_UP) continue;
        ours.push(fast.milliseconds);
        if (other !== undefined) theirs.push(other.milliseconds);
      }
      for (let round = 0; what === 'resize' && round < ROUNDS; round++) {
        plain.push((await timed(() => resampleCrop(raster, plan))).milliseconds);
      }
      const name = what === 'resize' ? 'resize and crop' : 'bytes to crop';
      const beside = plain.length > 0 ? `, plain TypeScript ${median(plain).toFixed(1)}` : '';
      if (theirs.length === 0) {
        console.log(`${width} × ${height}, ${name}: ${median(ours).toFixed(2)}${beside}`);
        continue;
      }
      const ratio = median(ours) / median(theirs);
      console.log(
        `${width} × ${height}, ${name}: ${median(ours).toFixed(2)}${beside}, Pillow ${median(theirs).toFixed(2)}: ratio ${ratio.toFixed(2)} (limit ${limits[what]})`,
      );
      if (ratio > limits[what]) failures.push(`${width} × ${height}, ${name}: ratio ${ratio.toFixed(2)}`);
    }
  }
  pillow?.stop();
  if (failures.length > 0) throw new Error(`Over the limit: ${failures.join('; ')}.`);
}

/** The comparison runs in a process of its own, pinned to one core where the system can do that. */
function runComparison(folder: string): number {
  const node = [process.execPath, '--require', 'tsx/cjs', __filename];
  const [command, ...args] = process.platform === 'linux' ? ['taskset', '-c', '0', ...node] : node;
  const environment = { ...process.env, CLIPGRAPH_BENCH_FOLDER: folder };
  return spawnSync(command, args, { stdio: 'inherit', env: environment }).status ?? 1;
}

const given = process.env.CLIPGRAPH_BENCH_FOLDER;
if (given === undefined) {
  const folder = mkdtempSync(path.join(tmpdir(), 'clipgraph-bench-'));
  process.exitCode = runComparison(folder);
  void measureEventLoop(folder);
} else {
  void compareWithPillow(given);
}
