// Compiles the kernels to modules in src/core/. With --check, fails where one of those files is not fresh.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

process.chdir(path.join(path.dirname(fileURLToPath(import.meta.url)), '..'));
/** What is compiled, and to where. */
const KERNELS = [
  {
    source: 'kernel/resample.ts',
    target: 'src/core/image/kernel-module.ts',
    name: 'KERNEL_MODULE',
  },
  {
    source: 'kernel/scan.ts',
    target: 'src/core/similarity/search/scan-module.ts',
    name: 'SCAN_MODULE',
  },
  {
    source: 'kernel/matrix.ts',
    target: 'src/core/similarity/matrix-module.ts',
    name: 'MATRIX_MODULE',
  },
];

/** @param {string} source */
async function compile(source) {
  /** @type {Uint8Array | undefined} */
  let binary;
  const { error } = await asc.main(
    [
      source,
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
  return binary;
}

for (const { source, target, name } of KERNELS) {
  const binary = await compile(source);
  const base64 = Buffer.from(binary).toString('base64');
  const lines = (base64.match(/.{1,100}/g) ?? []).map((line) => `  '${line}',`);
  const text = `// Made from ${source} by \`npm run kernel\`; CI checks that it still is. ${binary.length} bytes, in base64.
export const ${name} = [
${lines.join('\n')}
].join('');
`;
  if (!process.argv.includes('--check')) {
    writeFileSync(target, text);
    console.log(`${target}: ${binary.length} bytes of WebAssembly`);
  } else if (readFileSync(target, 'utf8') !== text) {
    console.error(`${target} is not what ${source} compiles to: run npm run kernel.`);
    process.exit(1);
  }
}
