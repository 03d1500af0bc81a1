import { copyFileSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CLIP_NORMALIZATION, normalizationTables } from '../../src/core/image/index.js';
import { conformanceTests } from '../../src/conformance/index.js';
import { createClipgraph } from '../../src/index.js';
import { samplesSource } from '../../test/models/samples-graph.js';
import type { Precision } from './rates.js';
import { openHost } from './rates.js';

const EXTENSION = path.extname(__filename);
const GOLDENS = path.resolve('test/goldens');
/** The suite starts a process a test: so many at a time. */
const AT_ONCE = 5;

interface TinyClip {
  readonly texts: readonly { readonly text: string }[];
  readonly images: readonly { readonly name: string }[];
  readonly text_embeds: readonly number[][];
  readonly image_embeds: readonly number[][];
}

/** How far a precision is from PyTorch's vectors of the tiny CLIP, before they are scaled. */
export interface Differences {
  readonly precision: Precision;
  readonly texts: number;
  readonly photographs: number;
  /** A content alone and in a batch. */
  readonly alone: number;
  readonly dtype: string;
}

function largest(a: Float32Array, b: ArrayLike<number>): number {
  return a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i])), 0);
}

/** The tiny CLIP's committed part lacks the tokenizer, which is CLIP's, as the starter's is. */
function tinyClip(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'tiny-clip-'));
  const copy = (from: string, name: string): void => {
    copyFileSync(path.join(from, name), path.join(folder, name));
  };
  for (const name of ['config.json', 'preprocessor_config.json', 'model.safetensors'])
    copy(path.join(GOLDENS, 'tiny-clip'), name);
  for (const name of ['vocab.json', 'merges.txt']) copy(path.resolve('models/starter'), name);
  return folder;
}

export async function measureDifferences(runtime: string, precision: Precision): Promise<Differences> {
  const goldens = JSON.parse(
    readFileSync(path.join(GOLDENS, 'tiny-clip', 'goldens.json'), 'utf8'),
  ) as TinyClip;
  const folder = tinyClip();
  const options = { truncate: true, isOriented: false, normalize: false };
  const clipgraph = await createClipgraph({
    model: folder,
    runtime,
    runtimes: runtime === 'cuda' ? { cuda: { precision } } : {},
    cache: { maxBytes: 0 },
  });
  try {
    let [texts, photographs, alone] = [0, 0, 0];
    const together = await Promise.all(goldens.texts.map(({ text }) => clipgraph.embed({ text }, options)));
    for (const [i, { vector }] of together.entries())
      texts = Math.max(texts, largest(vector, goldens.text_embeds[i]));
    for (const [i, { text }] of goldens.texts.entries()) {
      const { vector } = await clipgraph.embed({ text }, options);
      alone = Math.max(alone, largest(vector, together[i].vector));
    }
    for (const [i, { name }] of goldens.images.entries()) {
      const picture = { image: { path: path.join(GOLDENS, 'preprocess', 'images', name) } };
      const { vector } = await clipgraph.embed(picture, options);
      photographs = Math.max(photographs, largest(vector, goldens.image_embeds[i]));
    }
    return { precision, texts, photographs, alone, dtype: together[0].space.dtype };
  } finally {
    await clipgraph.close();
  }
}

/** Whether the normalisation inside a graph gives the table's bits there, for all samples of all channels. */
export async function isNormalizationExact(runtime: string): Promise<boolean> {
  const host = openHost(runtime, {});
  try {
    const crops = [Uint8Array.from({ length: 256 * 3 }, (_, i) => Math.floor(i / 3))];
    const batch = {
      kind: 'image',
      crops,
      size: 1,
      imageSize: 16,
      normalization: CLIP_NORMALIZATION,
    } as const;
    const source = samplesSource(CLIP_NORMALIZATION);
    const { vectors } = await host.run({ source, batch }, new AbortController().signal);
    const expected = normalizationTables(CLIP_NORMALIZATION).flatMap((table) => [...table]);
    return expected.length === vectors.length && expected.every((value, i) => Object.is(value, vectors[i]));
  } finally {
    await host.close();
  }
}

/** The conformance suite at its own tolerance. @returns what failed */
export async function runConformance(runtime: string): Promise<{ count: number; failures: string[] }> {
  const module = path.resolve(__dirname, '..', '..', 'plugins', 'runtimes', runtime, `index${EXTENSION}`);
  const tests = conformanceTests({ name: runtime, module });
  const failures: string[] = [];
  const left = [...tests];
  const work = async (): Promise<void> => {
    for (let test = left.shift(); test !== undefined; test = left.shift()) {
      const { name } = test;
      await test.run().catch((error: unknown) => failures.push(`${name}: ${String(error)}`));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { count: tests.length, failures };
}
