import type { CropPlan, Span } from './crop-plan.js';
import { kernelWith, releaseKernel, type Kernel } from './kernel.js';
import type { Size } from './pixel-plan.js';
import type { Raster } from './raster.js';
import { resampleCrop } from './resample.js';
import { tapsOf, toFixedPoint, type Taps } from './taps.js';

/** Bytes of a record of the kernel before its groups. */
const HEADER_BYTES = 16;
/** Taps in a group of the kernel's passes. */
const COLUMN_GROUP = 4;
const ROW_GROUP = 2;
/** Rows are copied into the kernel's memory strip by strip, so that it stays in the processor's cache. */
const STRIP_BYTES = 192 * 1024;
/** The kernel reads up to this much beyond a row, and four rows at a time. */
const SLACK_BYTES = 64;
const ROWS_AT_A_TIME = 4;

function align(bytes: number): number {
  return Math.ceil(bytes / SLACK_BYTES) * SLACK_BYTES;
}

/** The weights of one axis as the kernel reads them: a record for each output. */
interface Records {
  readonly words: Int32Array;
  readonly recordBytes: number;
}

/**
 * @param unit what an input counts for: bytes of a pixel, or one row
 * @param origin the input that the kernel's memory begins with
 */
function pack(taps: Taps, group: number, unit: number, origin: number): Records {
  const { first, count, weights, stride } = toFixedPoint(taps);
  const recordWords = HEADER_BYTES / 4 + Math.ceil(stride / group) * group;
  const words = new Int32Array(first.length * recordWords);
  for (let output = 0; output < first.length; output++) {
    const groups = Math.ceil(count[output] / group);
    let at = output * recordWords;
    words[at] = (first[output] - origin) * unit;
    words[at + 1] = groups;
    at += HEADER_BYTES / 4;
    for (let g = 0; g < groups; g++, at += group) {
      for (let pair = 0; pair < group; pair += 2) {
        // Weights after `count` are zero, and the stride is odd: the one after it may be the next output's.
        const tap = g * group + pair;
        const a = tap < count[output] ? weights[output * stride + tap] : 0;
        const b = tap + 1 < count[output] ? weights[output * stride + tap + 1] : 0;
        const lowA = (a << 16) >> 16;
        const lowB = (b << 16) >> 16;
        words[at + pair / 2] = (lowA & 0xffff) | (lowB << 16);
        words[at + group / 2 + pair / 2] = (((a - lowA) >> 16) & 0xffff) | (((b - lowB) >> 16) << 16);
      }
    }
  }
  return { words, recordBytes: recordWords * 4 };
}

/** Where the kernel's memory is free: AssemblyScript keeps its constants below. */
const FREE_FROM = 4096;

/** One after the other in the kernel's memory. */
function layOut(sizes: readonly number[]): { readonly addresses: readonly number[]; readonly end: number } {
  let end = FREE_FROM;
  const addresses = sizes.map((size) => {
    const address = end;
    end = align(end + size);
    return address;
  });
  return { addresses, end };
}

/** The weights of a plan in which both axes change. */
interface Axes {
  readonly across: Taps;
  readonly down: Taps;
  readonly columns: Records;
  readonly rows: Records;
}

/** Pictures of one size follow each other: the weights of the last few plans are kept, some 300 kB each at the most. */
const KEPT_PLANS = 8;
const keptAxes = new Map<string, Axes | undefined>();

/** @returns undefined where an axis keeps its size, or nothing is weighed */
function axesOf(plan: CropPlan, channels: number): Axes | undefined {
  const key = JSON.stringify([plan, channels]);
  if (keptAxes.has(key)) return keptAxes.get(key);
  const { filter } = plan;
  const { across, down } =
    filter === 'nearest' ? { across: undefined, down: undefined } : tapsOf(plan, filter);
  const axes = across &&
    down && {
      across,
      down,
      columns: pack(across, COLUMN_GROUP, channels, across.inputs.from),
      rows: pack(down, ROW_GROUP, 1, 0),
    };
  const [oldest] = keptAxes.keys();
  if (keptAxes.size >= KEPT_PLANS) keptAxes.delete(oldest);
  keptAxes.set(key, axes);
  return axes;
}

/** What both orders of the passes need. */
interface Job extends Axes {
  readonly raster: Raster;
  /** Of the result. */
  readonly size: Size;
  /** Bytes of a row of the columns that are needed. */
  readonly rowBytes: number;
  readonly inputStride: number;
  readonly outputStride: number;
}

/** Copies rows of the columns that are needed. */
function copyRows(
  { raster, across, rowBytes, inputStride }: Job,
  memory: Uint8Array,
  rows: Span,
  address: number,
): void {
  const { data, width, channels, left = 0 } = raster;
  let to = address;
  for (let y = rows.from; y < rows.to; y++, to += inputStride) {
    const from = (y * width + across.inputs.from - left) * channels;
    memory.set(data.subarray(from, from + rowBytes), to);
  }
}

function readResult({ raster, size, outputStride }: Job, memory: Uint8Array, address: number): Raster {
  const { channels } = raster;
  const rowBytes = size.width * channels;
  const data = new Uint8Array(size.height * rowBytes);
  for (let y = 0; y < size.height; y++) {
    const from = address + y * outputStride;
    data.set(memory.subarray(from, from + rowBytes), y * rowBytes);
  }
  return { data, width: size.width, height: size.height, channels };
}

/** The kernel with both axes' weights in its memory, and where the rest goes. */
interface Workspace {
  readonly kernel: Kernel;
  readonly memory: Uint8Array;
  readonly columns: Records & { readonly at: number };
  readonly rows: Records & { readonly at: number };
  readonly stripAt: number;
  readonly middleAt: number;
  readonly resultAt: number;
}

/** @param stripRows, middleBytes that the strip of input rows and the result of the first pass take */
function openWorkspace(
  { size, columns, rows, inputStride, outputStride }: Job,
  stripRows: number,
  middleBytes: number,
): Workspace | undefined {
  const { addresses, end } = layOut([
    columns.words.byteLength,
    rows.words.byteLength,
    (stripRows + 1) * inputStride,
    middleBytes,
    (size.height + ROWS_AT_A_TIME) * outputStride,
  ]);
  const [columnsAt, rowsAt, stripAt, middleAt, resultAt] = addresses;
  const kernel = kernelWith(end);
  if (kernel === undefined) return undefined;
  const words = new Int32Array(kernel.memory.buffer);
  words.set(columns.words, columnsAt / 4);
  words.set(rows.words, rowsAt / 4);
  return {
    kernel,
    memory: new Uint8Array(kernel.memory.buffer),
    columns: { ...columns, at: columnsAt },
    rows: { ...rows, at: rowsAt },
    stripAt,
    middleAt,
    resultAt,
  };
}

/** Strip by strip the columns, then all rows. */
function columnsFirst(job: Job): Raster | undefined {
  const { raster, size, down, inputStride, outputStride } = job;
  const { channels } = raster;
  const { from, to } = down.inputs;
  const stripRows = Math.max(1, Math.floor(STRIP_BYTES / inputStride / ROWS_AT_A_TIME)) * ROWS_AT_A_TIME;
  const workspace = openWorkspace(job, stripRows, (to - from + ROWS_AT_A_TIME) * outputStride);
  if (workspace === undefined) return undefined;
  const { kernel, memory, columns, rows, stripAt, middleAt, resultAt } = workspace;

  const resampleColumns = channels === 3 ? kernel.columns3 : kernel.columns4;
  for (let y = from; y < to; y += stripRows) {
    const count = Math.min(stripRows, to - y);
    copyRows(job, memory, { from: y, to: y + count }, stripAt);
    const middle = middleAt + (y - from) * outputStride;
    resampleColumns(
      stripAt,
      inputStride,
      count,
      middle,
      outputStride,
      columns.at,
      columns.recordBytes,
      size.width,
    );
  }
  const rowBytes = size.width * channels;
  kernel.rows(
    middleAt,
    outputStride,
    from,
    rowBytes,
    resultAt,
    outputStride,
    rows.at,
    rows.recordBytes,
    size.height,
  );
  return readResult(job, memory, resultAt);
}

/** As many outputs as the strip has the inputs for: their rows; when all are done, the columns. */
function rowsFirst(job: Job): Raster | undefined {
  const { raster, size, down, rowBytes, inputStride, outputStride } = job;
  const stripRows = Math.max(Math.max(...down.count) + 1, Math.ceil(STRIP_BYTES / inputStride));
  const workspace = openWorkspace(job, stripRows, (size.height + ROWS_AT_A_TIME) * inputStride);
  if (workspace === undefined) return undefined;
  const { kernel, memory, columns, rows, stripAt, middleAt, resultAt } = workspace;

  for (let output = 0; output < size.height;) {
    const from = down.first[output];
    let next = output + 1;
    while (next < size.height && down.first[next] + down.count[next] - from <= stripRows) next++;
    copyRows(job, memory, { from, to: down.first[next - 1] + down.count[next - 1] }, stripAt);
    const records = rows.at + output * rows.recordBytes;
    const middle = middleAt + output * inputStride;
    kernel.rows(
      stripAt,
      inputStride,
      from,
      rowBytes,
      middle,
      inputStride,
      records,
      rows.recordBytes,
      next - output,
    );
    output = next;
  }
  const resampleColumns = raster.channels === 3 ? kernel.columns3 : kernel.columns4;
  resampleColumns(
    middleAt,
    inputStride,
    size.height,
    resultAt,
    outputStride,
    columns.at,
    columns.recordBytes,
    size.width,
  );
  return readResult(job, memory, resultAt);
}

/**
 * What `resampleCrop` gives, to the bit, from WebAssembly SIMD where there is such a thing. It takes the plain way where
 * there is not, and where an axis keeps its size.
 */
export function resampleFast(raster: Raster, plan: CropPlan): Raster {
  const { channels } = raster;
  const axes = channels === 1 ? undefined : axesOf(plan, channels);
  if (axes === undefined) return resampleCrop(raster, plan);
  const { window: size, isRowsFirst } = plan;
  const { from, to } = axes.across.inputs;
  const rowBytes = (to - from) * channels;
  const strides = { inputStride: align(rowBytes + 16), outputStride: align(size.width * channels + 16) };
  const job: Job = { ...axes, raster, size, rowBytes, ...strides };
  try {
    return (isRowsFirst ? rowsFirst(job) : columnsFirst(job)) ?? resampleCrop(raster, plan);
  } finally {
    releaseKernel();
  }
}
