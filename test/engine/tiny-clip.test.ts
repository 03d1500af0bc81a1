import { cpSync, existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { EmbedBatchDocument, EmbedDocument, RankDocument } from '../generated/client.js';
import { goldenPath, readGoldenJson } from '../golden-data.js';
import { runServer, type RunningServer } from '../running-server.js';
import { unpack } from '../vectors.js';

interface TinyClip {
  readonly logit_scale_exp: number;
  readonly texts: { readonly text: string; readonly input_ids: number[] }[];
  readonly images: { readonly name: string }[];
  readonly text_embeds: number[][];
  readonly image_embeds: number[][];
  readonly cos_sim_image_text: number[][];
  readonly cos_sim_text_text: number[][];
  readonly probs_per_image: number[][];
  readonly probs_per_text: number[][];
}

const goldens = readGoldenJson<TinyClip>('tiny-clip', 'goldens.json');
const COMMON = ['config.json', 'preprocessor_config.json', 'vocab.json', 'merges.txt'];
/** The files of both kinds of repository; safetensors are taken where both are there. */
const FILES = {
  'ONNX exports': [...COMMON, 'onnx/text_model.onnx', 'onnx/vision_model.onnx'],
  safetensors: [...COMMON, 'model.safetensors'],
};
/** The text tower is too large to be committed. */
const itWithTexts = existsSync(goldenPath('tiny-clip', 'onnx', 'text_model.onnx')) ? it : it.skip;

const imageOf = (name: string) => ({
  image: { base64: readFileSync(goldenPath('preprocess', 'images', name)).toString('base64') },
});

function expectClose(actual: readonly number[], expected: readonly number[], tolerance: number): void {
  expect(actual).toHaveLength(expected.length);
  const worst = Math.max(...actual.map((value, i) => Math.abs(value - expected[i])));
  expect(worst).toBeLessThanOrEqual(tolerance);
}

const KINDS = Object.keys(FILES) as (keyof typeof FILES)[];

describe.each(KINDS.flatMap((kind) => [[kind, 'cpu'] as const, [kind, 'wasm'] as const]))(
  'the tiny CLIP from %s on %s, against PyTorch',
  (kind, runtime) => {
    let server: RunningServer;
    let modelFolder: string;
    const model = 'tiny-clip';
    const options = { model, runtime, orientation: 'IGNORE' as const, truncate: true };

    beforeAll(async () => {
      modelFolder = path.join(mkdtempSync(path.join(tmpdir(), 'clipgraph-')), model);
      for (const file of FILES[kind].filter((name) => existsSync(goldenPath('tiny-clip', name)))) {
        cpSync(goldenPath('tiny-clip', file), path.join(modelFolder, file));
      }
      server = await runServer({ models: [modelFolder] });
    });
    afterAll(() => server.close());

    /** Scores by the candidates' places. */
    async function rank(
      query: object,
      candidates: object[],
    ): Promise<{ cosine: number[]; probability: (number | null)[] }> {
      const { data } = await server.ask(RankDocument, { query, candidates, options } as never);
      const sorted = [...data!.rank].sort((a, b) => a.index - b.index);
      return {
        cosine: sorted.map(({ cosine }) => cosine),
        probability: sorted.map(({ probability }) => probability),
      };
    }

    it.each(goldens.images.map(({ name }, i) => [name, i] as const))(
      'embeds the picture %s within 2e-5',
      async (name, i) => {
        const { data } = await server.ask(EmbedDocument, {
          input: imageOf(name),
          options: { ...options, normalize: false },
        });
        expectClose(data!.embed.vector, goldens.image_embeds[i], 2e-5);
      },
    );

    itWithTexts('embeds every text within 2e-5', async () => {
      for (const [i, { text, input_ids }] of goldens.texts.entries()) {
        const { data } = await server.ask(EmbedDocument, {
          input: { text },
          options: { ...options, normalize: false },
        });
        expect(data!.embed.tokens!.ids).toEqual(input_ids);
        expectClose(data!.embed.vector, goldens.text_embeds[i], 2e-5);
      }
    });

    itWithTexts(
      'gives a text the same alone and in a batch of mixed lengths: on cpu the same bits',
      async () => {
        const texts = goldens.texts.map(({ text }) => ({ text: `${text} again` }));
        const { data } = await server.ask(EmbedBatchDocument, { inputs: texts, options });
        const other = await runServer({ models: [modelFolder], cache: { maxBytes: 0 } });
        try {
          for (const [i, input] of texts.entries()) {
            const alone = await other.ask(EmbedDocument, { input, options });
            const { vectorBase64 } = data!.embedBatch[i] as { vectorBase64: string };
            // The WebAssembly build orders its sums by the batch's shape.
            if (runtime === 'cpu') expect(vectorBase64).toBe(alone.data!.embed.vectorBase64);
            expectClose(unpack(vectorBase64), alone.data!.embed.vector, 1e-6);
          }
        } finally {
          await other.close();
        }
      },
    );

    /** The logit scale is a tensor of the weights; the exports have none, and a configuration's initial value is no substitute. */
    function expectProbabilities(actual: readonly (number | null)[], expected: readonly number[]): void {
      if (kind === 'safetensors') expectClose(actual.map(Number), expected, 1e-4);
      else expect(actual).toEqual(expected.map(() => null));
    }

    itWithTexts('gives cosines within 2e-6 and probabilities within 1e-4', async () => {
      const texts = goldens.texts.map(({ text }) => ({ text }));
      const images = goldens.images.map(({ name }) => imageOf(name));
      for (const [i, image] of images.entries()) {
        const { cosine, probability } = await rank(image, texts);
        expectClose(cosine, goldens.cos_sim_image_text[i], 2e-6);
        expectProbabilities(probability, goldens.probs_per_image[i]);
      }
      for (const [i, text] of texts.entries()) {
        expectClose((await rank(text, texts)).cosine, goldens.cos_sim_text_text[i], 2e-6);
        expectProbabilities((await rank(text, images)).probability, goldens.probs_per_text[i]);
      }
    });
  },
);
