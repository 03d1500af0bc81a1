/** The part of the WebAssembly API that is used. It is there in browsers and in Node, but in none of the core's types. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}

/** A module's memory: it grows, by pages, and never shrinks. */
export interface KernelMemory {
  readonly buffer: ArrayBuffer;
  /** @throws RangeError when there is no such memory */
  grow(pages: number): void;
}

export const PAGE_BYTES = 65_536;

/**
 * @param base64 a module that imports nothing
 * @returns a function that makes an instance with memory of its own, and gives what it exports; undefined where there is
 *   no WebAssembly SIMD
 */
export function kernelFactory(base64: string): () => unknown {
  let compiled: object | undefined;
  let isUnavailable = false;
  return () => {
    if (isUnavailable) return undefined;
    try {
      const { Module, Instance } = (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly;
      compiled ??= new Module(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)));
      return new Instance(compiled).exports;
    } catch {
      isUnavailable = compiled === undefined;
      return undefined;
    }
  };
}
