import { kernelFactory } from '../../web-assembly.js';
import { plainScanKernel } from './plain-kernel.js';
import type { ScanKernel } from './scan-kernel.js';
import { SCAN_MODULE } from './scan-module.js';

const openFast = kernelFactory(SCAN_MODULE);

/** A kernel in WebAssembly SIMD, or in plain code where there is no such thing. */
export function openScanKernel(): ScanKernel {
  return (openFast() as ScanKernel | undefined) ?? plainScanKernel();
}
