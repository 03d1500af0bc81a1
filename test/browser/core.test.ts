import { readFileSync } from 'node:fs';
import path from 'node:path';
import { transformSync } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import type { Samples } from '../../src/core/index.js';
import { decodeImage } from '../../src/media/decode.js';
import { sniffFormat } from '../../src/media/sniff.js';
import { clustered } from '../clustered-vectors.js';
import { bruteForce } from '../core/brute-force.js';
import { GOLDEN_PICTURES, GOLDEN_TEXTS, goldenPath } from '../golden-data.js';
import { unpack } from '../vectors.js';
import { launchBrowser } from './chromium.js';
import type { CoreInPage, RemotePicture, Way } from './core-in-page.js';
import { describeInBrowser } from './describe-in-browser.js';

declare const core: CoreInPage; // In the page.

const ROOT = path.join(__dirname, '..', '..');
/** As `clipgraph/core` is given to bundlers and browsers. */
const BUILT = path.join(ROOT, 'dist', 'esm', 'core', 'index.js');
// A page over https or on this machine may compute digests.
const SITE = 'http://localhost/';
const HTML = `<!doctype html>
<script type="importmap">{ "imports": { "clipgraph/core": "/core.js" } }</script>
<script type="module" src="/page.js"></script>`;

/** The example of docs/core.md for pictures. */
const [, EXAMPLE] = /```js\n(\/\/ picture\.js\n[\s\S]*?)```/.exec(
  readFileSync(path.join(ROOT, 'docs', 'core.md'), 'utf8'),
)!;

const starterFile = (name: string): string =>
  readFileSync(path.join(ROOT, 'models', 'starter', name), 'utf8');

const TYPES = { Uint8Array, Uint16Array, Int32Array, Float32Array };

/** A Buffer is a Uint8Array. */
function typeOf(data: Samples): keyof typeof TYPES {
  const names = Object.keys(TYPES) as (keyof typeof TYPES)[];
  return names.find((name) => data instanceof TYPES[name])!;
}

/** Every golden picture, decoded, under its address in the page. */
async function decodeGoldens(): Promise<{ name: string; remote: RemotePicture; samples: Buffer }[]> {
  const decoded = [];
  for (const { name } of GOLDEN_PICTURES) {
    const bytes = readFileSync(goldenPath('preprocess', 'images', name));
    const { picture } = await decodeImage(bytes, {
      format: sniffFormat(bytes),
      isOriented: false,
      maxPixels: 89_478_485,
    });
    const { data, ...raster } = picture.raster;
    decoded.push({
      name,
      remote: {
        url: `/pictures/${decoded.length}`,
        type: typeOf(data),
        picture: { ...picture, raster },
      },
      samples: Buffer.from(data.buffer, data.byteOffset, data.byteLength),
    });
  }
  return decoded;
}

describeInBrowser('clipgraph/core in a browser', () => {
  let browser: Browser;
  let pictures: Awaited<ReturnType<typeof decodeGoldens>>;
  beforeAll(async () => {
    browser = await launchBrowser();
    pictures = await decodeGoldens();
  });
  afterAll(() => browser.close());

  /** A page that has loaded the built core and nothing else. */
  async function openPage(initScript = ''): Promise<Page> {
    const script = transformSync(readFileSync(path.join(__dirname, 'core-in-page.ts'), 'utf8'), {
      loader: 'ts',
    });
    const files = new Map<string, { contentType: string; body: string | Buffer }>([
      ['', { contentType: 'text/html', body: HTML }],
      ['page.js', { contentType: 'text/javascript', body: script.code }],
      ['picture.js', { contentType: 'text/javascript', body: EXAMPLE }],
      ['core.js', { contentType: 'text/javascript', body: readFileSync(BUILT) }],
      ...pictures.map(
        ({ remote, samples }) =>
          [remote.url.slice(1), { contentType: 'application/octet-stream', body: samples }] as const,
      ),
    ]);
    const page = await browser.newPage();
    await page.addInitScript(initScript);
    await page.route('**/*', (route) => {
      const file = files.get(route.request().url().slice(SITE.length));
      return file === undefined ? route.abort() : route.fulfill(file);
    });
    await page.goto(SITE);
    await page.waitForFunction('globalThis.core !== undefined');
    return page;
  }

  it.each(['hf', 'openai'] as const)(
    'cuts every reference text as the reference does: %s',
    async (convention) => {
      const page = await openPage();
      const texts = GOLDEN_TEXTS.map(({ text }) => text);
      const ids = await page.evaluate(
        ([vocabulary, merges, all, whose]) => core.tokenIds(vocabulary, merges, all, whose),
        [starterFile('vocab.json'), starterFile('merges.txt'), texts, convention] as const,
      );
      expect(ids).toHaveLength(2148);
      const wrong = GOLDEN_TEXTS.filter(
        (golden, i) => JSON.stringify(ids[i]) !== JSON.stringify(golden[convention].ids ?? 'error'),
      );
      expect(wrong.map(({ tag }) => tag)).toEqual([]);
      await page.close();
    },
  );

  /** Counts the kernels that the core makes of its module. */
  const COUNT_KERNELS = `
    const { Instance } = WebAssembly;
    globalThis.kernels = 0;
    WebAssembly.Instance = function (...args) { globalThis.kernels++; return new Instance(...args); };`;

  it.each([
    ['by the kernel', COUNT_KERNELS, 'kernels > 0'],
    ['by the plain code', 'delete globalThis.WebAssembly', 'typeof WebAssembly === "undefined"'],
  ])('prepares pictures to the bit, %s', async (_, initScript, isSo) => {
    const page = await openPage(initScript);
    let count = 0;
    const wrong: string[] = [];
    for (const [i, { expected }] of GOLDEN_PICTURES.entries()) {
      const { name, remote } = pictures[i];
      const goldens = expected.filter(({ exif }) => exif === 'ignored');
      const ways = goldens.map(({ convention, size, pillow }): Way => ({
        convention,
        size,
        pillow: pillow === '13.0' ? 13 : 12,
      }));
      const digests = await page.evaluate(([one, all]) => core.prepare(one, all), [remote, ways] as const);
      for (const [j, { sha256, tensor, convention, size }] of goldens.entries()) {
        const ours = digests[j];
        const isRight = ours.crop === sha256 && (tensor === undefined || ours.tensor === tensor.sha256);
        if (!isRight) wrong.push(`${name} ${convention} ${size}`);
        count++;
      }
    }
    expect(wrong).toEqual([]);
    expect(count).toBe(435);
    expect(await page.evaluate(isSo)).toBe(true);
    await page.close();
  });

  it('compares and ranks as the references do', async () => {
    const golden = JSON.parse(
      readFileSync(path.join(ROOT, 'test', 'goldens', 'similarity.json'), 'utf8'),
    ) as {
      matrices: { columns: number; dimensions: number; a: string; b: string; cosines: string }[];
      rankings: { cosines: number[]; logitScale: number; probabilities: number[]; ranks: number[] }[];
    };
    const rowsOf = (base64: string, width: number): number[][] => {
      const values = unpack(base64);
      return Array.from({ length: values.length / width }, (_, i) =>
        values.slice(i * width, (i + 1) * width),
      );
    };
    const page = await openPage();
    for (const { a, b, columns, dimensions, cosines } of golden.matrices) {
      const ours = await page.evaluate(([rows, others]) => core.cosines(rows, others), [
        rowsOf(a, dimensions),
        rowsOf(b, dimensions),
      ] as const);
      const theirs = rowsOf(cosines, columns);
      expect(ours.map((row) => row.length)).toEqual(theirs.map((row) => row.length));
      const errors = ours.flatMap((row, i) => row.map((value, j) => Math.abs(value - theirs[i][j])));
      expect(Math.max(...errors)).toBeLessThan(1e-6);
    }
    for (const { cosines, logitScale, probabilities, ranks } of golden.rankings) {
      const ours = await page.evaluate(([all, scale]) => core.ranking(all, scale), [
        cosines,
        logitScale,
      ] as const);
      expect(ranks.map((_, index) => ours.places.indexOf(index))).toEqual(ranks);
      for (const [i, value] of probabilities.entries()) {
        expect(Math.abs(ours.probabilities[i] - value)).toBeLessThan(1e-12);
      }
    }
    await page.close();
  });

  it.each([
    ['by the kernel', COUNT_KERNELS, 'kernels > 0'],
    ['by the plain code', 'delete globalThis.WebAssembly', 'typeof WebAssembly === "undefined"'],
  ])('searches exactly, %s', async (_, initScript, isSo) => {
    const page = await openPage(initScript);
    const next = clustered({ dimensions: 70, topics: 4, groups: 3 });
    const rows = Array.from({ length: 400 }, next);
    const hits = await page.evaluate(([all, limit]) => core.search(all, limit), [
      rows.map((row) => Array.from(row)),
      20,
    ] as const);
    expect(hits).toEqual(bruteForce(rows[0], rows, { limit: 20 }));
    expect(await page.evaluate(isSo)).toBe(true);
    await page.close();
  });

  it('prepares the opaque PNGs that the browser decodes, by the example of docs/core.md, to the bit', async () => {
    const page = await openPage();
    const names = GOLDEN_PICTURES.filter(
      (golden) => golden.format === 'PNG' && golden.pil_mode === 'RGB' && !golden.has_transparency,
    );
    expect(names.length).toBeGreaterThan(10);
    for (const { name, expected } of names) {
      const goldens = expected.filter(
        ({ convention, size, pillow }) => convention === 'hf' && size === 224 && pillow === '13.0',
      );
      // Browsers turn a picture as its EXIF data say.
      const golden = goldens.find(({ exif }) => exif === 'applied') ?? goldens[0];
      const base64 = readFileSync(goldenPath('preprocess', 'images', name)).toString('base64');
      // As text: the module is the page's.
      const digest = await page.evaluate(`(async () => {
        const { cropOf, tensorOf } = await import('/picture.js');
        const bytes = Uint8Array.from(atob('${base64}'), (character) => character.charCodeAt(0));
        const blob = new Blob([bytes]);
        if ((await tensorOf(blob)).length !== 3 * 224 * 224) throw new Error('The tensor has another size');
        return core.sha256(await cropOf(blob));
      })()`);
      expect({ name, digest }).toEqual({ name, digest: golden.sha256 });
    }
    await page.close();
  });
});
