import { KERNEL_MODULE } from './kernel-module.js';

type Address = number;

/** The functions of kernel/resample.ts. */
export interface Kernel {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): void };
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

/** The part of the WebAssembly API that is used. It is there in browsers and in Node, but in none of the core's types. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}

const PAGE_BYTES = 65_536;
/** An instance that grew beyond this is dropped after use: memory never shrinks. */
const KEPT_BYTES = 64 * 2 ** 20;

let compiled: object | undefined;
let kept: Kernel | undefined;
let isUnavailable = false;

function compile({ Module }: WebAssemblyApi): object {
  return new Module(Uint8Array.from(atob(KERNEL_MODULE), (character) => character.charCodeAt(0)));
}

/** The kernel with memory of at least `bytes`; undefined where there is no WebAssembly SIMD. */
export function kernelWith(bytes: number): Kernel | undefined {
  if (isUnavailable) return undefined;
  try {
    const api = (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly;
    compiled ??= compile(api);
    kept ??= new api.Instance(compiled).exports as Kernel;
    const missing = bytes - kept.memory.buffer.byteLength;
    if (missing > 0) kept.memory.grow(Math.ceil(missing / PAGE_BYTES));
    return kept;
  } catch {
    isUnavailable = compiled === undefined;
    return undefined;
  }
}

/** To be called after use. */
export function releaseKernel(): void {
  if (kept !== undefined && kept.memory.buffer.byteLength > KEPT_BYTES) kept = undefined;
}
