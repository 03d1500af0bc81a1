import { readFileSync } from 'node:fs';
import path from 'node:path';
import { EXAMPLES_FOLDER } from '../../src/media/index.js';
import { runServer, type RunningServer } from '../running-server.js';
import { STARTER_LOGIT_SCALE } from '../starter.js';
import { unpack } from '../vectors.js';

let server: RunningServer;
beforeAll(async () => {
  server = await runServer({ models: [path.join(__dirname, '..', 'goldens', 'tiny-clip')] });
});
afterAll(() => server.close());

/** The data of an operation that must succeed. */
async function data(query: string, variables?: object): Promise<any> {
  const { data: result, errors } = await server.post(query, variables);
  expect(errors).toBeUndefined();
  return result;
}

const MATRIX = `query ($rows: [ContentInput!]!, $columns: [ContentInput!]!) {
  similarityMatrix(rows: $rows, columns: $columns) {
    cosine cosineBase64 probabilities rows { text modality } columns { id vectorBase64 }
  }
}`;

describe('similarityMatrix', () => {
  const rows = [{ text: 'a dog' }, { text: 'a cat' }, { image: { example: 'dog' } }];
  const columns = [{ image: { example: 'dog' } }, { text: 'a cat' }];

  it('has the cosine of each pair, as numbers and packed, and softmax over the columns', async () => {
    const { similarityMatrix } = await data(MATRIX, { rows, columns });
    const { cosine, cosineBase64, probabilities } = similarityMatrix as {
      cosine: number[][];
      cosineBase64: string;
      probabilities: number[][];
    };
    for (const [i, a] of rows.entries()) {
      for (const [j, b] of columns.entries()) {
        const pair = await data(
          'query ($a: ContentInput!, $b: ContentInput!) { similarity(a: $a, b: $b) { cosine } }',
          { a, b },
        );
        expect(cosine[i][j]).toBe(pair.similarity.cosine);
      }
    }
    expect(cosine[2][0]).toBeCloseTo(1, 6);
    expect(unpack(cosineBase64)).toEqual(cosine.flat().map(Math.fround));
    for (const [i, row] of probabilities.entries()) {
      const exponentials = cosine[i].map((value) => Math.exp(STARTER_LOGIT_SCALE * value));
      const sum = exponentials[0] + exponentials[1];
      expect(row[0]).toBeCloseTo(exponentials[0] / sum, 9);
      expect(row[0] + row[1]).toBeCloseTo(1, 9);
    }
  });

  it('may be empty on either side', async () => {
    const none = await data(MATRIX, { rows: [], columns });
    expect(none.similarityMatrix).toMatchObject({ cosine: [], cosineBase64: '', rows: [] });
    const empty = await data(MATRIX, { rows, columns: [] });
    expect(empty.similarityMatrix).toMatchObject({ cosine: [[], [], []], probabilities: [[], [], []] });
  });

  it('names the content at fault', async () => {
    const { errors } = await server.post(MATRIX, { rows, columns: [...columns, { image: { base64: '' } }] });
    expect(errors![0].extensions).toEqual({
      code: 'UNDECODABLE_IMAGE',
      input: { argument: 'columns', index: 2 },
    });
  });
});

describe('classify', () => {
  it('puts each label into the template, and the best first', async () => {
    const { classify } = await data(`{
      classify(content: {image: {example: "dog"}}, labels: ["car", "dog", "cat", "$&"]) {
        index label prompt cosine probability
      }
    }`);
    expect(classify[0]).toMatchObject({ index: 1, label: 'dog', prompt: 'This is a photo of dog.' });
    expect(classify.map(({ prompt }: { prompt: string }) => prompt)).toContain('This is a photo of $&.');
    const sum = (classify as { probability: number }[]).reduce(
      (total, { probability }) => total + probability,
      0,
    );
    expect(sum).toBeCloseTo(1, 9);
    expect([...classify].sort((a: any, b: any) => b.cosine - a.cosine)).toEqual(classify);
  });

  it('takes another template, and refuses one without a place for the label', async () => {
    const query = (template: string) =>
      `{ classify(content: {text: "a dog"}, labels: ["dog"], template: "${template}") { prompt cosine } }`;
    expect((await data(query('a {}'))).classify[0]).toMatchObject({
      prompt: 'a dog',
      cosine: expect.closeTo(1, 12),
    });
    const { errors } = await server.post(query('a dog'));
    expect(errors![0]).toMatchObject({ message: /\{\}/, extensions: { code: 'BAD_USER_INPUT' } });
  });

  it('says which label is too long', async () => {
    const labels = ['a', 'dog '.repeat(90)];
    const { errors } = await server.post(
      'query ($labels: [String!]!) { classify(content: {text: "a"}, labels: $labels) { label } }',
      { labels },
    );
    expect(errors![0].extensions).toEqual({
      code: 'TEXT_TOO_LONG',
      input: { argument: 'labels', index: 1 },
    });
  });
});

describe('tokenize', () => {
  it('cuts a text as embed does, and says so when it is too long', async () => {
    const short = await data(
      '{ tokenize(text: "a red car") { ids pieces count contextLength isTruncated } }',
    );
    expect(short.tokenize).toEqual({
      ids: [49406, 320, 736, 1615, 49407],
      pieces: ['<|startoftext|>', 'a</w>', 'red</w>', 'car</w>', '<|endoftext|>'],
      count: 5,
      contextLength: 77,
      isTruncated: false,
    });
    const long = await data('query ($text: String!) { tokenize(text: $text) { count isTruncated } }', {
      text: 'dog '.repeat(100),
    });
    expect(long.tokenize).toEqual({ count: 77, isTruncated: true });
  });
});

describe('a vector that was made earlier', () => {
  const EMBED = `query ($input: ContentInput!, $options: EmbedOptions) {
    embed(input: $input, options: $options) {
      id modality vectorBase64 norm isNormalized isCached text
      runtime { name } timing { queue } tokens { count } image { format } model { id checksum dtype }
    }
  }`;
  const made = async (options = {}) => (await data(EMBED, { input: { text: 'a dog' }, options })).embed;

  it('is itself again, and nothing ran', async () => {
    const { vectorBase64, model } = await made();
    for (const values of [vectorBase64, unpack(vectorBase64)]) {
      const vector = { values, checksum: model.checksum, dtype: model.dtype };
      const { embed } = await data(EMBED, { input: { vector } });
      expect(embed).toMatchObject({
        modality: 'VECTOR',
        runtime: null,
        timing: null,
        tokens: null,
        image: null,
        text: null,
        isCached: false,
      });
      const [ours, given] = [unpack(embed.vectorBase64), unpack(vectorBase64)];
      for (const [i, value] of given.entries()) expect(ours[i]).toBeCloseTo(value, 6);
    }
  });

  it('is as similar as the content that it was made from', async () => {
    const { vectorBase64 } = await made({ normalize: false });
    const { a, b } = await data(
      `query ($v: Vector!) {
        a: similarity(a: {vector: {values: $v}}, b: {image: {example: "dog"}}) { cosine clipScore interpretation }
        b: similarity(a: {text: "a dog"}, b: {image: {example: "dog"}}) { cosine }
      }`,
      { v: vectorBase64 },
    );
    expect(a.cosine).toBeCloseTo(b.cosine, 6);
    expect(a).toMatchObject({ clipScore: null, interpretation: null });
  });

  it('may stand in the document as numbers', async () => {
    const tiny = await data('{ models { id dimensions } }');
    const { dimensions } = tiny.models.find(({ id }: { id: string }) => id === 'tiny-clip');
    const values = `[${Array.from({ length: dimensions }, (_, i) => (i === 0 ? '3' : '0.0')).join(', ')}]`;
    const { embed } = await data(
      `{ embed(input: {vector: {values: ${values}}}, options: {model: "tiny-clip", normalize: false}) { norm vector isNormalized } }`,
    );
    expect(embed).toMatchObject({ norm: 3, isNormalized: false });
    expect(embed.vector.slice(0, 2)).toEqual([3, 0]);
  });

  it('of another model is refused with what differs', async () => {
    const { model, vectorBase64: values } = await made();
    const refused = async (vector: object, options = {}) => {
      const { errors } = await server.post(EMBED, { input: { vector }, options });
      return { code: errors![0].extensions.code, message: errors![0].message };
    };
    expect(await refused({ values, checksum: 'f'.repeat(64) })).toMatchObject({
      code: 'MODEL_MISMATCH',
      message: expect.stringContaining(model.checksum),
    });
    expect(await refused({ values, dtype: 'q8' })).toMatchObject({
      code: 'MODEL_MISMATCH',
      message: expect.stringContaining('fp32'),
    });
    expect(await refused({ values }, { model: 'tiny-clip' })).toMatchObject({ code: 'DIMENSION_MISMATCH' });
  });
});

describe('a blend', () => {
  it('is the weighted sum of unit vectors, scaled to unit length', async () => {
    const { parts, blend } = await data(`{
      parts: embedBatch(inputs: [{text: "a dog"}, {image: {example: "dog"}}]) { ... on Embedding { vector } }
      blend: embed(input: {blend: [
        {content: {text: "a dog"}, weight: 2}, {content: {image: {example: "dog"}}, weight: -0.5}
      ]}) { vector norm modality isNormalized runtime { name } timing { inference } }
    }`);
    const [text, image] = parts.map(({ vector }: { vector: number[] }) => vector);
    const sum = text.map((value: number, i: number) => 2 * value - 0.5 * image[i]);
    const length = Math.hypot(...sum);
    expect(blend).toMatchObject({ modality: 'BLEND', isNormalized: true, runtime: { name: 'cpu' } });
    expect(blend.norm).toBeCloseTo(length, 5);
    for (const [i, value] of sum.entries()) expect(blend.vector[i]).toBeCloseTo(value / length, 6);
  });

  it('of vectors alone ran nowhere', async () => {
    const { embed } = await data('{ embed(input: {text: "a dog"}) { vectorBase64 } }');
    const blended = await data(
      'query ($v: Vector!) { embed(input: {blend: [{content: {vector: {values: $v}}}]}) { runtime { name } timing { queue } norm } }',
      { v: embed.vectorBase64 },
    );
    expect(blended.embed).toMatchObject({ runtime: null, timing: null });
    expect(blended.embed.norm).toBeCloseTo(1, 6);
  });

  it.each([
    ['ZERO_VECTOR', '[{content: {text: "a"}}, {content: {text: "a"}, weight: -1}]'],
    ['BAD_USER_INPUT', '[]'],
    ['BAD_USER_INPUT', '[{content: {text: "a"}, weight: 1e31}]'],
    ['UNDECODABLE_IMAGE', '[{content: {text: "a"}}, {content: {image: {base64: ""}}}]'],
  ])('is refused as %s: %s', async (code, blend) => {
    const { errors } = await server.post(`{ embed(input: {blend: ${blend}}) { id } }`);
    expect(errors![0].extensions.code).toBe(code);
  });
});

describe('similarityTo', () => {
  it('uses the embedding’s own model and options unless others are given', async () => {
    const long = 'dog '.repeat(100);
    const { embed } = await data(
      `query ($long: String!) {
        embed(input: {text: "a dog"}, options: {model: "starter", runtime: "wasm", truncate: true}) {
          similarityTo(other: {text: $long}) { cosine b { model { id } runtime { name } tokens { isTruncated } } }
          self: similarityTo(other: {text: "a dog"}, options: {runtime: "cpu"}) { cosine b { runtime { name } } }
        }
      }`,
      { long },
    );
    expect(embed.similarityTo.b).toEqual({
      model: { id: 'starter' },
      runtime: { name: 'wasm' },
      tokens: { isTruncated: true },
    });
    expect(embed.self).toMatchObject({ b: { runtime: { name: 'cpu' } } });
    expect(embed.self.cosine).toBeCloseTo(1, 6);
  });

  it('refuses another model', async () => {
    const { errors } = await server.post(
      '{ embed(input: {text: "a"}) { similarityTo(other: {image: {example: "dog"}}, options: {model: "tiny-clip"}) { cosine } } }',
    );
    expect(errors![0].extensions.code).toBe('MODEL_MISMATCH');
  });
});

describe('an upload', () => {
  const picture = (name: string) => new Blob([readFileSync(path.join(EXAMPLES_FOLDER, name))]);

  async function upload(query: string, variables: object, files: Record<string, [string, Blob]>) {
    const form = new FormData();
    form.append('operations', JSON.stringify({ query, variables }));
    form.append(
      'map',
      JSON.stringify(Object.fromEntries(Object.entries(files).map(([key, [at]]) => [key, [at]]))),
    );
    for (const [key, [, blob]] of Object.entries(files)) form.append(key, blob, `${key}.jpg`);
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'apollo-require-preflight': 'true' },
      body: form,
    });
    return { status: response.status, ...((await response.json()) as any) };
  }
  const TWO = `query ($a: Upload!, $b: Upload!) {
    embed(input: {image: {upload: $a}}) { image { format bytes } similarityTo(other: {image: {upload: $b}}) { cosine } }
    again: embed(input: {image: {upload: $a}}) { id }
  }`;

  it('is the picture that it holds, in whichever order the files come, and as often as it is named', async () => {
    const { embed, again } = (
      await upload(
        TWO,
        { a: null, b: null },
        { 0: ['variables.b', picture('dog.png')], 1: ['variables.a', picture('cat.jpg')] },
      )
    ).data;
    const { similarity, embed: direct } = await data(`{
      similarity(a: {image: {example: "cat"}}, b: {image: {example: "dog"}}) { cosine }
      embed(input: {image: {example: "cat"}}) { id }
    }`);
    expect(embed.similarityTo.cosine).toBe(similarity.cosine);
    expect(embed.image.format).toBe('JPEG');
    expect(again.id).toBe(direct.id);
  });

  it('does not hold up the request when nobody reads it', async () => {
    const answer = await upload(
      'query ($a: Upload!) { embed(input: {image: {upload: $a}}) { id } }',
      { a: null, b: null },
      {
        0: ['variables.b', new Blob([Buffer.alloc(5_000_000)])],
        1: ['variables.a', picture('cat.jpg')],
      },
    );
    expect(answer.errors).toBeUndefined();
  });

  it('that is no picture is data in a batch, as is one that is missing', async () => {
    const query = `query ($inputs: [ContentInput!]!) {
      embedBatch(inputs: $inputs) { ... on Embedding { image { format } } ... on ContentError { index code } }
    }`;
    const form = { inputs: [{ image: { upload: null } }, { image: { upload: null } }, { text: 'a' }] };
    const files: Record<string, [string, Blob]> = {
      0: ['variables.inputs.0.image.upload', new Blob(['hello'])],
      1: ['variables.inputs.1.image.upload', picture('cat.jpg')],
    };
    const { data: result } = await upload(query, form, files);
    expect(result.embedBatch).toEqual([
      { index: 0, code: 'UNSUPPORTED_IMAGE_FORMAT' },
      { image: { format: 'JPEG' } },
      { image: null },
    ]);
  });

  it('is only possible with the header that a foreign page cannot send', async () => {
    const form = new FormData();
    form.append('operations', '{"query": "{ server { version } }"}');
    form.append('map', '{}');
    const response = await fetch(`${server.url}/graphql`, { method: 'POST', body: form });
    expect(response.status).toBe(400);
    expect(await response.text()).toMatch(/CSRF/);
  });

  it.each([
    ['files before the map', (form: FormData) => form.append('0', new Blob(['x']), 'x')],
    ['a map that is no JSON', (form: FormData) => (form.append('operations', '{}'), form.append('map', '{'))],
    [
      'a path into a prototype',
      (form: FormData) => (
        form.append('operations', '{"variables": {}}'),
        form.append('map', '{"0": ["variables.__proto__.x"]}'),
        form.append('0', new Blob(['x']), 'x')
      ),
    ],
    ['nothing', () => undefined],
  ])('with %s is refused in JSON', async (_, fill) => {
    const form = new FormData();
    fill(form);
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'apollo-require-preflight': 'true' },
      body: form,
    });
    expect(response.status).toBe(400);
    const { errors } = (await response.json()) as any;
    expect(errors[0].extensions.code).toBe('BAD_USER_INPUT');
  });

  it('that is larger than a body may be is refused before it is read', async () => {
    const answer = await upload(
      'query ($a: Upload!) { embed(input: {image: {upload: $a}}) { id } }',
      { a: null },
      { 0: ['variables.a', new Blob([Buffer.alloc(21 * 2 ** 20)])] },
    );
    expect(answer).toMatchObject({ status: 413, errors: [{ extensions: { code: 'PAYLOAD_TOO_LARGE' } }] });
  });

  it('has no place in a JSON request', async () => {
    const { errors } = await server.post(
      'query ($u: Upload!) { embed(input: {image: {upload: $u}}) { id } }',
      { u: { promise: {} } },
    );
    expect(errors![0].extensions.code).toBe('BAD_USER_INPUT');
  });
});

describe('work that was selected', () => {
  const batches = async (): Promise<number> => {
    const text = await (await fetch(`${server.url}/metrics`)).text();
    return Number(/clipgraph_batch_size_sum\{runtime="cpu",kind="text"\} (\d+)/.exec(text)?.[1] ?? 0);
  };

  it('is done once for ten aliases of one text', async () => {
    const before = await batches();
    const aliases = Array.from({ length: 10 }, (_, i) => `a${i}: embed(input: {text: "ten aliases"}) { id }`);
    await data(`{ ${aliases.join(' ')} }`);
    expect(await batches()).toBe(before + 1);
  });

  it('builds no list of numbers unless it is asked for', async () => {
    const from = jest.spyOn(Array, 'from');
    const builtFrom = (length: number) =>
      from.mock.calls.filter(
        ([value]) => ArrayBuffer.isView(value) && (value as Float32Array).length === length,
      );
    try {
      await data('{ embed(input: {text: "no list"}) { vectorBase64 norm } }');
      expect(builtFrom(384)).toHaveLength(0);
      await data('{ embed(input: {text: "no list"}) { vector } }');
      expect(builtFrom(384)).toHaveLength(1);
    } finally {
      from.mockRestore();
    }
  });
});
