// Compiles kernel/resample.ts to src/core/image/kernel-module.ts. With --check, fails where that file is not fresh.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

process.chdir(path.join(path.dirname(fileURLToPath(import.meta.url)), '..'));
const SOURCE = 'kernel/resample.ts';
const TARGET = 'src/core/image/kernel-module.ts';

/** @type {Uint8Array | undefined} */
let binary;
const { error } = await asc.main(
  [
    SOURCE,
    ...[
      '--outFile',
      'kernel.wasm',
      '-O3',
      '--converge',
      '--noAssert',
      '--runtime',
      'stub',
      '--use',
      'abort=',
    ],
    ...['--enable', 'simd', '--initialMemory', '4'],
  ],
  {
    readFile: (name) => {
      try {
        return readFileSync(name, 'utf8');
      } catch {
        return null;
      }
    },
    writeFile: (name, content) => {
      if (name.endsWith('.wasm') && typeof content !== 'string') binary = content;
    },
    listFiles: () => [],
  },
);
if (error || binary === undefined) {
  console.error(error ?? 'The compiler wrote no module.');
  process.exit(1);
}

const base64 = Buffer.from(binary).toString('base64');
const lines = (base64.match(/.{1,100}/g) ?? []).map((line) => `  '${line}',`);
const text = `// Made from ${SOURCE} by \`npm run kernel\`; CI checks that it still is. ${binary.length} bytes, in base64.
export const KERNEL_MODULE = [
${lines.join('\n')}
].join('');
`;
if (process.argv.includes('--check')) {
  if (readFileSync(TARGET, 'utf8') === text) process.exit(0);
  console.error(`${TARGET} is not what ${SOURCE} compiles to: run npm run kernel.`);
  process.exit(1);
}
writeFileSync(TARGET, text);
console.log(`${TARGET}: ${binary.length} bytes of WebAssembly`);
