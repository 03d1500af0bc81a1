import { kernelFactory, PAGE_BYTES, type KernelMemory } from '../web-assembly.js';
import { KERNEL_MODULE } from './kernel-module.js';

type Address = number;

/** The functions of kernel/resample.ts. */
export interface Kernel {
  readonly memory: KernelMemory;
  readonly columns3: ColumnsPass;
  readonly columns4: ColumnsPass;
  readonly rows: (
    source: Address,
    stride: number,
    firstRow: number,
    width: number,
    target: Address,
    targetStride: number,
    records: Address,
    recordBytes: number,
    outputs: number,
  ) => void;
}

type ColumnsPass = (
  source: Address,
  stride: number,
  rows: number,
  target: Address,
  targetStride: number,
  records: Address,
  recordBytes: number,
  outputs: number,
) => void;

/** An instance that grew beyond this is dropped after use: memory never shrinks. */
const KEPT_BYTES = 64 * 2 ** 20;

const openKernel = kernelFactory(KERNEL_MODULE);
let kept: Kernel | undefined;

/** The kernel with memory of at least `bytes`; undefined where there is no WebAssembly SIMD. */
export function kernelWith(bytes: number): Kernel | undefined {
  kept ??= openKernel() as Kernel | undefined;
  if (kept === undefined) return undefined;
  try {
    const missing = bytes - kept.memory.buffer.byteLength;
    if (missing > 0) kept.memory.grow(Math.ceil(missing / PAGE_BYTES));
    return kept;
  } catch {
    return undefined;
  }
}

/** To be called after use. */
export function releaseKernel(): void {
  if (kept !== undefined && kept.memory.buffer.byteLength > KEPT_BYTES) kept = undefined;
}
