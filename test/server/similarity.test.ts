import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Kind, OperationTypeNode, parse, print } from 'graphql';
import { EXAMPLES, EXAMPLES_FOLDER } from '../../src/media/index.js';
import { STARTING_OPERATIONS, STARTING_VARIABLES } from '../../src/server/starting-operations.js';
import {
  EmbedBatchDocument,
  EmbedDocument,
  RankDocument,
  ServerDocument,
  SimilarityDocument,
} from '../generated/client.js';
import { readGoldenJson } from '../golden-data.js';
import { multipart, rawRequest } from '../raw-request.js';
import { connect, runServer, type RunningServer } from '../running-server.js';
import { STARTER_LOGIT_SCALE } from '../starter.js';
import { unpack } from '../vectors.js';

let server: RunningServer;
beforeAll(async () => {
  server = await runServer();
});
afterAll(() => server.close());

interface StarterGoldens {
  readonly texts: { readonly text: string; readonly ids: number[]; readonly vector: number[] }[];
  readonly images: { readonly example: string; readonly vector: number[] }[];
}

function largestDifference(a: readonly number[], b: readonly number[]): number {
  expect(a).toHaveLength(b.length);
  return Math.max(...a.map((value, i) => Math.abs(value - b[i])));
}

describe('similarity', () => {
  it('answers the first question', async () => {
    const { data, status } = await server.post(
      '{ similarity(a: {text: "a dog"}, b: {image: {example: "dog"}}) { cosine model { id } a { runtime { name } } } }',
    );
    expect(status).toBe(200);
    expect(data).toEqual({
      similarity: {
        cosine: expect.closeTo(0.5912, 3),
        model: { id: 'starter' },
        a: { runtime: { name: 'cpu' } },
      },
    });
  });

  it('derives every score from the cosine', async () => {
    const { data } = await server.ask(SimilarityDocument, {
      a: { text: 'a dog' },
      b: { image: { example: 'dog' } },
    });
    const { cosine, angle, distance, certainty, clipScore, logit, interpretation } = data!.similarity;
    expect(angle).toBeCloseTo((Math.acos(cosine) * 180) / Math.PI, 10);
    expect([distance, certainty, clipScore, logit]).toEqual([
      1 - cosine,
      (1 + cosine) / 2,
      2.5 * cosine,
      STARTER_LOGIT_SCALE * cosine,
    ]);
    expect(interpretation).toMatch(/^Very much alike: for a picture and a text, starter typically gives/);
  });

  it('has no CLIPScore for two texts', async () => {
    const { data } = await server.ask(SimilarityDocument, { a: { text: 'a dog' }, b: { text: 'a dog' } });
    expect(data!.similarity).toMatchObject({ cosine: expect.closeTo(1, 6), clipScore: null });
  });

  it('finds "a puppy" nearer to "a dog" than "a city at night"', async () => {
    const ask = async (text: string) =>
      (await server.ask(SimilarityDocument, { a: { text: 'a dog' }, b: { text } })).data!.similarity.cosine;
    expect(await ask('a puppy')).toBeGreaterThan((await ask('a city at night')) + 0.2);
  });
});

describe('rank', () => {
  const captions = EXAMPLES.map(({ caption }) => caption);

  it.each(EXAMPLES.map(({ name, caption }) => [name, caption]))(
    'ranks the caption of the example %s first',
    async (name, caption) => {
      const { data } = await server.ask(RankDocument, {
        query: { image: { example: name } },
        candidates: captions.map((text) => ({ text })),
      });
      expect(captions[data!.rank[0].index]).toBe(caption);
      expect(data!.rank.reduce((sum, { probability }) => sum + probability!, 0)).toBeCloseTo(1, 10);
    },
  );

  it('keeps the order of ties and stops at the limit', async () => {
    const { data } = await server.ask(RankDocument, {
      query: { text: 'a dog' },
      candidates: ['a car', 'a dog', 'a dog', 'a cat'].map((text) => ({ text })),
      limit: 3,
    });
    expect(data!.rank.map(({ index }) => index)).toEqual([1, 2, 3]);
  });

  it('says which candidate is at fault', async () => {
    const { errors } = await server.ask(RankDocument, {
      query: { text: 'a dog' },
      candidates: [{ text: 'a cat' }, { text: 'dog '.repeat(100) }],
    });
    expect(errors![0].extensions).toEqual({
      code: 'TEXT_TOO_LONG',
      input: { argument: 'candidates', index: 1 },
    });
  });
});

describe('embed', () => {
  const { texts, images } = readGoldenJson<StarterGoldens>('starter', 'embeddings.json');

  it.each(texts.map((golden) => [golden.text.slice(0, 40), golden] as const))(
    'gives Python’s numbers for the text "%s"',
    async (_, golden) => {
      const { data } = await server.ask(EmbedDocument, {
        input: { text: golden.text },
        options: { normalize: false },
      });
      expect(data!.embed.tokens!.ids).toEqual(golden.ids);
      expect(largestDifference(data!.embed.vector, golden.vector)).toBeLessThanOrEqual(2e-5);
    },
  );

  it.each(images.map((golden) => [golden.example, golden] as const))(
    'gives Python’s numbers for the picture %s',
    async (example, golden) => {
      const { data } = await server.ask(EmbedDocument, {
        input: { image: { example } },
        options: { normalize: false },
      });
      expect(largestDifference(data!.embed.vector, golden.vector)).toBeLessThanOrEqual(2e-5);
    },
  );

  it('describes what it made', async () => {
    const input = { text: 'never asked before' };
    const first = (await server.ask(EmbedDocument, { input })).data!.embed;
    expect(first).toMatchObject({
      modality: 'TEXT',
      text: 'never asked before',
      dimensions: 384,
      shape: [1, 384],
      isNormalized: true,
      isCached: false,
      image: null,
      model: { id: 'starter', checksum: expect.stringMatching(/^[0-9a-f]{64}$/), dtype: 'fp32' },
      runtime: { name: 'cpu', status: 'READY', library: 'onnxruntime-node' },
      tokens: { count: 5, contextLength: 77, isTruncated: false },
    });
    expect(unpack(first.vectorBase64)).toEqual(first.vector.map(Math.fround));
    expect(Math.hypot(...first.vector)).toBeCloseTo(1, 6);
    const again = (await server.ask(EmbedDocument, { input })).data!.embed;
    expect(again).toMatchObject({
      id: first.id,
      isCached: true,
      vector: first.vector,
      timing: { inference: 0 },
    });
  });

  it('takes a picture as base64, with line breaks or as a data: URI, and says what it decoded', async () => {
    const bytes = readFileSync(path.join(EXAMPLES_FOLDER, 'cat.jpg'));
    const base64 = bytes.toString('base64');
    const ids = new Set<string>();
    for (const form of [base64, base64.replace(/.{76}/g, '$&\n'), `data:image/jpeg;base64,${base64}`]) {
      const { data } = await server.ask(EmbedDocument, { input: { image: { base64: form } } });
      expect(data!.embed.image).toEqual({ format: 'JPEG', width: 451, height: 300, bytes: bytes.length });
      ids.add(data!.embed.id);
    }
    const { data } = await server.ask(EmbedDocument, { input: { image: { example: 'cat' } } });
    expect([...ids]).toEqual([data!.embed.id]);
  });

  it('cuts a long text only when told to', async () => {
    const input = { text: 'dog '.repeat(100) };
    const { data } = await server.ask(EmbedDocument, { input, options: { truncate: true } });
    expect(data!.embed.tokens).toMatchObject({ count: 77, isTruncated: true });
  });
});

describe('embedBatch', () => {
  it('keeps the order, and each failure in its place', async () => {
    const { data, status } = await server.ask(EmbedBatchDocument, {
      inputs: [
        { text: 'a dog' },
        { image: { base64: 'no!' } },
        { image: { example: 'dog' } },
        { text: 'dog '.repeat(100) },
        { image: { base64: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>').toString('base64') } },
      ],
    });
    expect(status).toBe(200);
    expect(data!.embedBatch).toEqual([
      expect.objectContaining({ text: 'a dog', modality: 'TEXT' }),
      expect.objectContaining({ index: 1, code: 'INVALID_BASE64' }),
      expect.objectContaining({ text: null, modality: 'IMAGE' }),
      expect.objectContaining({ index: 3, code: 'TEXT_TOO_LONG' }),
      expect.objectContaining({ index: 4, code: 'UNSUPPORTED_IMAGE_FORMAT' }),
    ]);
  });

  it.each([
    ['cpu', 1e-7],
    ['wasm', 2e-7],
  ])('on %s gives a text the same numbers alone and among longer ones, to %d', async (runtime, tolerance) => {
    const words = ['a', 'dog', 'running', 'over', 'the', 'green', 'hills', 'at', 'dawn'];
    const texts = words.map((_, i) => words.slice(0, i + 1).join(' '));
    const options = { runtime };
    const inputs = texts.map((text) => ({ text: `${text}?` }));
    const together = await server.ask(EmbedBatchDocument, { inputs, options });
    const other = await runServer({ cache: { maxBytes: 0 } });
    try {
      for (const [i, text] of texts.entries()) {
        const alone = await other.ask(EmbedDocument, { input: { text: `${text}?` }, options });
        const { vectorBase64 } = together.data!.embedBatch[i] as { vectorBase64: string };
        expect(largestDifference(unpack(vectorBase64), alone.data!.embed.vector)).toBeLessThanOrEqual(
          tolerance,
        );
      }
    } finally {
      await other.close();
    }
  });
});

describe('what the server says of itself', () => {
  it('lists its limits, models and runtimes', async () => {
    const { data } = await server.ask(ServerDocument, {});
    expect(data!.server).toMatchObject({ version: '0.1.0', examples: EXAMPLES.map(({ name }) => name) });
    expect(data!.server.limits).toMatchObject({ maxInputs: 256, maxBodyBytes: 20 * 2 ** 20 });
    expect(data!.models).toEqual([
      expect.objectContaining({
        id: 'starter',
        dimensions: 384,
        imageSize: 224,
        preparation: {
          summary: expect.stringMatching(/^hf: shortest side to 224, bicubic, centre crop 224 × 224, /),
          convention: 'HF',
          shortestSide: 224,
          exactSize: null,
          filter: 'BICUBIC',
          crop: { width: 224, height: 224 },
          rescaleFactor: 1 / 255,
          mean: expect.any(Array),
          std: expect.any(Array),
        },
        logitScale: STARTER_LOGIT_SCALE,
        isDefault: true,
      }),
    ]);
    expect(data!.runtimes).toContainEqual(
      expect.objectContaining({
        name: 'cpu',
        status: 'READY',
        reason: null,
        version: '1.30.0',
        isDefault: true,
      }),
    );
  });

  it('answers each operation that the explorers start with, with the variables beside them', async () => {
    const kinds: string[] = [];
    for (const definition of parse(STARTING_OPERATIONS).definitions) {
      if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
      const query = print(definition);
      const operation = { query, variables: STARTING_VARIABLES };
      const hasFile = query.includes('Upload!');
      kinds.push(hasFile ? 'upload' : definition.operation);
      if (definition.operation === OperationTypeNode.SUBSCRIPTION) {
        const client = connect(server);
        const results = [];
        for await (const { data, errors } of client.iterate(operation)) results.push(errors ?? data);
        await client.dispose();
        expect(results).toHaveLength(STARTING_VARIABLES.inputs.length);
        expect(JSON.stringify(results)).not.toContain('message');
      } else if (hasFile) {
        const variables = { ...STARTING_VARIABLES, picture: null };
        const file = readFileSync(path.join(EXAMPLES_FOLDER, 'dog.png'));
        const { headers, body } = multipart({ query, variables }, { 0: ['variables.picture'] }, [
          ['0', file],
        ]);
        const { text } = await rawRequest(server, { headers, chunks: [body] });
        expect(JSON.parse(text).data.classify[0].label).toBe('dog');
      } else {
        const { errors, data } = await server.post(query, STARTING_VARIABLES);
        expect(errors).toBeUndefined();
        expect(data).toBeTruthy();
      }
    }
    expect(new Set(kinds)).toEqual(new Set(['query', 'subscription', 'upload']));
  });
});
