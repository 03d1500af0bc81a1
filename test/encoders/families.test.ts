import { readFileSync } from 'node:fs';
import { createClipgraph, type Clipgraph, type Content } from '../../src/index.js';
import { goldenPath } from '../golden-data.js';
import { largestDifference } from '../vectors.js';
import { modelFolder, readReference } from './reference.js';

/** The families, and whether the reference has their texts. */
const FAMILIES = [
  'siglip',
  'siglip2',
  'openclip-siglip',
  'chinese-clip',
  'st-multilingual',
  'openclip-xlmr',
  'openclip-clipa',
  'openclip-eva02',
  'openclip-mobileclip',
  'metaclip2',
];
/** Of PyTorch's embeddings before scaling. */
const EXACT = 2e-5;

const picture = (name: string): Content => ({
  image: { bytes: readFileSync(goldenPath('preprocess', 'images', name)) },
});

const STRICT = { strict: true };
const runtimes = ['cpu', 'wasm'];
let clipgraph: Clipgraph;

beforeAll(async () => {
  const models = FAMILIES.map((family) => ({ model: modelFolder(family), id: family }));
  clipgraph = await createClipgraph({ models, runtime: runtimes, preparation: STRICT });
});
afterAll(() => clipgraph.close());

async function embedAll(
  contents: readonly Content[],
  model: string,
  runtime: string,
): Promise<Float32Array[]> {
  const vectors: Float32Array[] = [];
  const options = { model, runtime, normalize: false, truncate: true };
  for await (const { index, result } of clipgraph.embedStream(contents, options)) {
    if (result instanceof Error) throw result;
    vectors[index] = result.vector;
  }
  return vectors;
}

/** The largest difference; of a content that is asked for by itself, too. */
async function differences(
  contents: readonly Content[],
  expected: readonly (readonly number[])[],
  model: string,
  runtime: string,
): Promise<number> {
  const together = await embedAll(contents, model, runtime);
  const [alone] = await embedAll(contents.slice(7, 8), model, runtime);
  const all = together.map((vector, i) => largestDifference(vector, expected[i]));
  return Math.max(...all, largestDifference(alone, expected[7]));
}

const cases = FAMILIES.flatMap((family) => runtimes.map((runtime) => [family, runtime] as const));

describe('the embeddings of every family are the reference’s, together as alone', () => {
  const withTexts = cases.filter(([family]) => readReference(family).texts.length > 0);
  it.each(withTexts)('of texts by %s, on %s', async (family, runtime) => {
    const { texts, text_embeds = [], auto } = readReference(family);
    // SigLIP 2 as published is read in lower case unless strictly: what AutoTokenizer makes of it is in `auto`.
    const expected = auto?.text_embeds ?? text_embeds;
    expect(expected).toHaveLength(20);
    const contents = texts.map(({ text }) => ({ text }));
    expect(await differences(contents, expected, family, runtime)).toBeLessThan(EXACT);
  });

  const withPictures = cases.filter(([family]) => family !== 'st-multilingual');
  it.each(withPictures)('of pictures by %s, on %s', async (family, runtime) => {
    const { images, image_embeds } = readReference(family);
    expect(image_embeds).toHaveLength(10);
    const contents = images.map(({ name }) => picture(name));
    expect(await differences(contents, image_embeds, family, runtime)).toBeLessThan(EXACT);
  });
});

describe('the scores of every family are the reference’s', () => {
  // SigLIP 2's are of texts in lower case, which strictly are not made so.
  const scored = FAMILIES.filter(
    (family) => readReference(family).logits_per_image !== undefined && !/siglip2|st-/.test(family),
  );
  it.each(scored)('of %s', async (family) => {
    const { images, texts, logits_per_image = [], scores, ...reference } = readReference(family);
    const probabilities = (scores === 'sigmoid' ? reference.probs : reference.probs_per_image) ?? [];
    const candidates = texts.map(({ text }) => ({ text }));
    for (const [i, { name }] of images.entries()) {
      const options = { model: family, truncate: true };
      const matches = await clipgraph.rank(picture(name), candidates, options);
      expect(matches).toHaveLength(20);
      for (const { index, probability, similarity } of matches) {
        expect(Math.abs(similarity.logit! - logits_per_image[i][index])).toBeLessThan(1e-3);
        expect(Math.abs(probability! - probabilities[i][index])).toBeLessThan(1e-4);
        // By themselves, two contents have a probability only where each pair is judged by itself.
        expect(similarity.probability).toBe(scores === 'sigmoid' ? probability : undefined);
      }
    }
  });
});

it('reads SigLIP 2 in lower case, as it was trained, unless strictly', async () => {
  const { texts, text_embeds = [], logits_per_image = [], images, probs = [] } = readReference('siglip2');
  const own = await createClipgraph({ model: modelFolder('siglip2'), runtime: 'cpu' });
  try {
    // Markers that are spelled out stay text, which strictly they do not.
    const plain = texts.map(({ text }, i) => ({ text, i })).filter(({ text }) => !text.includes('<'));
    expect(plain.length).toBeGreaterThan(17);
    const [query] = images.map(({ name }) => picture(name));
    const ranking = await own.rank(query, plain.map(({ text }) => ({ text })), { truncate: true, isOriented: false }); // prettier-ignore
    for (const { index, embedding, probability, similarity } of ranking) {
      const { i } = plain[index];
      const vector = embedding.vector.map((value) => value * embedding.norm);
      expect(largestDifference(vector, text_embeds[i])).toBeLessThan(EXACT);
      expect(Math.abs(similarity.logit! - logits_per_image[0][i])).toBeLessThan(1e-3);
      expect(Math.abs(probability! - probs[0][i])).toBeLessThan(1e-4);
    }
  } finally {
    await own.close();
  }
});
