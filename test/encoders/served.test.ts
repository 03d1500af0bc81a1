import { readFileSync } from 'node:fs';
import { goldenPath } from '../golden-data.js';
import { runServer, type RunningServer } from '../running-server.js';
import { largestDifference, unpack } from '../vectors.js';
import { modelFolder } from './reference.js';

const BOTH = ['siglip', 'siglip2', 'openclip-siglip', 'chinese-clip', 'openclip-xlmr', 'openclip-clipa', 'metaclip2']; // prettier-ignore
const SIGMOID = 'siglip';
/** What no family's quantization falls below, with random weights. */
const LIKE_STORED = 0.98;

const picture = {
  base64: readFileSync(goldenPath('preprocess', 'images', 'png_rgb8.png')).toString('base64'),
};
const QUESTION = `query ($picture: ImageInput!, $options: EmbedOptions) {
  similarity(a: { text: "馬に乗った宇宙飛行士" }, b: { image: $picture }, options: $options) {
    cosine logit probability
    model { scoring logitScale logitBias }
  }
  classify(content: { image: $picture }, labels: ["犬", "猫"], options: $options) { probability }
}`;
const VECTORS = `query ($picture: ImageInput!, $options: EmbedOptions) {
  text: embed(input: { text: "a photo of a dog" }, options: $options) { vectorBase64 }
  image: embed(input: { image: $picture }, options: $options) { vectorBase64 }
}`;
const STATES = `query ($picture: ImageInput!, $options: EmbedOptions) {
  embed(input: { image: $picture }, options: $options) { id }
  tokenEmbeddings(text: "犬", options: $options) { shape }
}`;

interface Answer {
  readonly similarity: {
    readonly cosine: number;
    readonly logit: number;
    readonly probability: number | null;
    readonly model: {
      readonly scoring: string;
      readonly logitScale: number;
      readonly logitBias: number | null;
    };
  };
  readonly classify: readonly { readonly probability: number }[];
}

let server: RunningServer;
beforeAll(async () => {
  const stored = BOTH.map((family) => ({ model: modelFolder(family), id: family }));
  const small = BOTH.map((family) => ({
    model: modelFolder(family),
    id: `${family}-q8`,
    dtype: 'q8' as const,
  }));
  server = await runServer({ models: [...stored, ...small], runtime: ['cpu'] });
});
afterAll(() => server.close());

async function ask<Data>(query: string, model: string): Promise<Data> {
  const { data, errors } = await server.post(query, { picture, options: { model } });
  expect(errors).toBeUndefined();
  return data as Data;
}

describe('a folder of each family, served', () => {
  it.each(BOTH)('%s answers with its own scoring', async (family) => {
    const { similarity, classify } = await ask<Answer>(QUESTION, family);
    const { cosine, logit, probability, model } = similarity;
    expect(model.scoring).toBe(family.includes(SIGMOID) ? 'SIGMOID' : 'SOFTMAX');
    expect(logit).toBeCloseTo(model.logitScale * cosine + (model.logitBias ?? 0), 4);
    const sum = classify.reduce((total, one) => total + one.probability, 0);
    if (model.scoring === 'SIGMOID') expect(probability).toBeCloseTo(1 / (1 + Math.exp(-logit)), 6);
    else {
      expect(probability).toBeNull();
      expect(sum).toBeCloseTo(1, 6);
    }
  });

  it.each(BOTH)('%s with q8 stays near its stored weights', async (family) => {
    type Vectors = Record<'text' | 'image', { readonly vectorBase64: string }>;
    const [stored, small] = [
      await ask<Vectors>(VECTORS, family),
      await ask<Vectors>(VECTORS, `${family}-q8`),
    ];
    for (const kind of ['text', 'image'] as const) {
      const [a, b] = [stored, small].map((of) => unpack(of[kind].vectorBase64));
      expect(largestDifference(a, b)).toBeGreaterThan(0);
      expect(a.reduce((sum, value, i) => sum + value * b[i], 0)).toBeGreaterThan(LIKE_STORED);
    }
  });

  it.each(BOTH)('%s gives the states of its tokens', async (family) => {
    const { tokenEmbeddings } = await ask<{ tokenEmbeddings: { shape: number[] } }>(STATES, family);
    expect(tokenEmbeddings.shape).toHaveLength(2);
    expect(tokenEmbeddings.shape[0]).toBeGreaterThan(20);
  });
});
