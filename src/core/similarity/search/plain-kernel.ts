import { PAGE_BYTES } from '../../web-assembly.js';
import { HEADER_BYTES, STATE } from './layout.js';
import type { ScanKernel } from './scan-kernel.js';

/**
 * The kernel's functions in plain code, for where there is no WebAssembly. It keeps no lower bounds, so that more rows
 * are rescored; what is found is the same.
 */
export function plainScanKernel(): ScanKernel {
  let buffer = new ArrayBuffer(4 * PAGE_BYTES);
  let bytes = new Int8Array(buffer);
  let view = new DataView(buffer);

  const grow = (pages: number): void => {
    buffer = new ArrayBuffer(buffer.byteLength + pages * PAGE_BYTES);
    const grown = new Int8Array(buffer);
    grown.set(bytes);
    bytes = grown;
    view = new DataView(buffer);
  };

  const dot = (query: number, codes: number, count: number): number => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += view.getInt16(query + 2 * i, true) * bytes[codes + i];
    return sum;
  };

  const consider = (state: number, query: number, row: number, record: number, codes: number): void => {
    const scale = view.getFloat32(record, true) * view.getFloat64(state + STATE.step, true);
    const middle =
      dot(query, record + HEADER_BYTES, codes) * scale + view.getFloat64(state + STATE.offset, true);
    const residual = view.getFloat32(record + 4, true);
    const reach =
      residual * view.getFloat64(state + STATE.spread, true) + view.getFloat64(state + STATE.slack, true);
    if (middle + reach < view.getFloat64(state + STATE.floor, true)) return;
    if (middle - reach > view.getFloat64(state + STATE.ceiling, true)) return;
    const found = view.getUint32(state + STATE.found, true);
    const candidate = view.getUint32(state + STATE.candidates, true) + found * 16;
    view.setFloat64(candidate, middle + reach, true);
    view.setUint32(candidate + 8, row, true);
    view.setUint32(state + STATE.found, found + 1, true);
  };

  const scanFor =
    (count: number): ScanKernel['scan1'] =>
    (records, codes, mask, firstWord, words, queries, states, capacity) => {
      for (let word = 0; word < words; word++) {
        for (let i = 0; i < count; i++) {
          if (view.getUint32(states + i * STATE.bytes + STATE.found, true) + 32 > capacity) return word;
        }
        const bits = view.getUint32(mask + word * 4, true);
        for (let bit = 0; bit < 32; bit++) {
          if (((bits >>> bit) & 1) === 0) continue;
          const row = (firstWord + word) * 32 + bit;
          const record = records + row * (HEADER_BYTES + codes);
          for (let i = 0; i < count; i++) {
            consider(states + i * STATE.bytes, queries + i * codes * 2, row, record, codes);
          }
        }
      }
      return words;
    };

  const quantise: ScanKernel['quantise'] = (source, rows, codes, records, meanAt) => {
    const mean = new Float32Array(buffer, meanAt, codes);
    for (let row = 0; row < rows; row++) {
      const vector = new Float32Array(buffer, source + row * codes * 4, codes);
      const record = records + row * (HEADER_BYTES + codes);
      const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
      if (!(length > 0 && length < Infinity)) return row;
      for (let i = 0; i < codes; i++) vector[i] = vector[i] / length - mean[i];
      const largest = vector.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const scale = Math.fround(largest / 127);
      let squares = 0;
      for (let i = 0; i < codes; i++) {
        const code = largest > 0 ? Math.round((vector[i] / largest) * 127) : 0;
        bytes[record + HEADER_BYTES + i] = code;
        squares += (vector[i] - code * scale) ** 2;
      }
      view.setFloat32(record, scale, true);
      // Up, never down, as in kernel/scan.ts.
      view.setFloat32(record + 4, (Math.sqrt(squares) + 2e-7) * (1 + 2 ** -22), true);
    }
    return rows;
  };

  const memory = {
    get buffer() {
      return buffer;
    },
    grow,
  };
  return { memory, scan1: scanFor(1), scan4: scanFor(4), quantise };
}
