import { cpSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { z } from 'zod';
import { FILTERS } from '../../src/core/image/index.js';
import { checksumOf } from '../../src/models/identity.js';
import { openFolder } from '../../src/models/layout/folder.js';
import { manifestSchema, type Manifest } from '../../src/models/manifest.js';

const STARTER = path.join(__dirname, '..', '..', 'models', 'starter');
const TINY_CLIP = path.join(__dirname, '..', 'goldens', 'tiny-clip');

type Json = Record<string, unknown>;

/** Names and words about a model: they change none of its numbers. */
const WORDS = /^(id|aliases|revision|license|description|architecture|scoreRanges)(\.|$)/;

/** Everything stated that can be; `towers` are built over weights in one, and graphs of their own in the other. */
const STATED = {
  id: 'whole',
  aliases: ['one', 'two'],
  revision: 'r1',
  license: 'MIT',
  description: 'A model.',
  architecture: 'CLIP',
  dimensions: 8,
  contextLength: 16,
  imageSize: 32,
  weights: 'model.safetensors',
  projection: 'dense.safetensors',
  encoders: {
    text: { heads: 2, activation: 'gelu', epsilon: 1e-5, endMarker: 3, isCausal: false, pooling: 'marker' },
    image: { heads: 2, activation: 'gelu', epsilon: 1e-5, pooling: 'mean', hasPreNorm: false },
  },
  preparation: {
    ...{ convention: 'openai', filter: 'lanczos', rescaleFactor: 0.5 },
    resize: { height: 40, width: 50 },
    mean: [0.1, 0.2, 0.3],
    std: [0.4, 0.5, 0.6],
  },
  words: {
    ...{ cleaning: 'canonicalize', lowerCase: 'unless strict', prefix: ['<s>'], suffix: ['</s>'] },
    replaced: { '[SEP]': 0 },
    bert: {
      ...{ lowerCase: false, stripAccents: true, chineseCharacters: false },
      ...{ unknown: 'unknown', markers: ['<s>'] },
    },
    sentencePiece: {
      ...{ canonical: true, unknown: 'unknown', fairseq: true },
      markers: [{ piece: '<s>', lstrip: true, rstrip: true }],
    },
  },
  addedTokens: { '!': 0 },
  padding: { id: 1, to: 'context' },
  logitScale: 100,
  logitBias: -10,
  scoring: 'sigmoid',
  dtype: 'fp16',
  scoreRanges: Object.fromEntries(
    ['textText', 'imageText', 'imageImage'].map((kind) => [kind, { unrelated: 0.1, related: 0.5 }]),
  ),
};
const towers = (graph: boolean) => ({
  text: { ...(graph && { graph: 'text.onnx' }), input: 'ids', output: 'embeds', states: 'states' },
  image: { ...(graph && { graph: 'image.onnx' }), input: 'pixels', output: 'embeds', states: 'states' },
});
const MANIFESTS: Json[] = [
  { ...STATED, towers: towers(false), tokenizer: { vocabulary: 'v.json', merges: 'm.txt' } },
  {
    ...{ ...STATED, towers: towers(true), tokenizer: { json: 't.json' } },
    preparation: { ...STATED.preparation, resize: { shortest: 40 } },
  },
  {
    ...{ ...STATED, towers: towers(false), tokenizer: { wordPiece: 'v.txt' } },
    encoders: {
      text: {
        family: 'bert',
        heads: 2,
        activation: 'gelu',
        epsilon: 1e-5,
        firstPosition: 2,
        pooling: 'mean',
      },
      image: { family: 'siglip', heads: 2, activation: 'gelu', epsilon: 1e-5 },
    },
  },
  {
    ...{ ...STATED, towers: towers(false), tokenizer: { sentencePiece: 's.model' } },
    encoders: { text: STATED.encoders.text, image: { family: 'eva02', heads: 2, epsilon: 1e-5, grid: 20 } },
  },
];

/** The paths of all values of a schema that have no parts of their own, the members of unions side by side. */
function leavesOf(schema: Json, at: readonly string[] = []): string[] {
  const members = [schema.anyOf, schema.oneOf, schema.allOf].flat().filter((member) => member !== undefined);
  if (members.length > 0 && members.some((member) => 'properties' in (member as Json)))
    return members
      .filter((member) => 'properties' in (member as Json))
      .flatMap((member) => leavesOf(member as Json, at));
  if (schema.properties === undefined) return [at.join('.')];
  return Object.entries(schema.properties as Record<string, Json>).flatMap(([key, inner]) =>
    leavesOf(inner, [...at, key]),
  );
}
const LEAVES = [
  ...new Set(leavesOf(z.toJSONSchema(manifestSchema, { io: 'input', unrepresentable: 'any' }))),
];

function get(value: unknown, at: string): unknown {
  return at.split('.').reduce<unknown>((inner, key) => (inner as Json | undefined)?.[key], value);
}

function set(value: Json, at: string, to: unknown): Json {
  const [key, ...rest] = at.split('.');
  return { ...value, [key]: rest.length === 0 ? to : set((value[key] ?? {}) as Json, rest.join('.'), to) };
}

/** Other values than this one, of its kind. */
function otherThan(value: unknown): fc.Arbitrary<unknown> {
  if (typeof value === 'number')
    return fc
      .integer({ min: 1, max: 1000 })
      .map((n) => (Number.isInteger(value) ? value + n : value * (1 + n / 1e4)));
  if (typeof value === 'boolean') return fc.constant(!value);
  if (typeof value === 'string') {
    if (value === 'canonicalize') return fc.constantFrom('none', 'lower', 'whitespace');
    if (value === 'unless strict') return fc.constantFrom('never', 'always');
    if (value === 'marker') return fc.constantFrom('end', 'last');
    if (value === 'mean') return fc.constantFrom('class');
    if (value === 'siglip') return fc.constant('clip');
    if (value === 'sigmoid') return fc.constant('softmax');
    if (value === 'openai') return fc.constantFrom('hf', 'hf4');
    if (value === 'context') return fc.constant('longest');
    if (value === 'lanczos') return fc.constantFrom(...FILTERS.filter((filter) => filter !== value));
    return fc.stringMatching(/^[a-z]{1,20}$/).filter((other) => other !== value);
  }
  if (Array.isArray(value) && value.every((inner) => typeof inner === 'number'))
    return fc
      .constantFrom(...value.keys())
      .chain((i) => otherThan(value[i]).map((to) => value.with(i, Number(to))));
  if (Array.isArray(value) && typeof value[0] === 'object')
    return fc.constantFrom([], [{ ...(value[0] as Json), lstrip: false }], [{ piece: '<s>' }]);
  if (Array.isArray(value)) return fc.constant([...(value as unknown[]), 'another']);
  return fc.constant({ ...(value as Json), another: 7 });
}

const digestOf = (file: string): readonly string[] => [`digest of ${file}`];
const checksum = (manifest: Json, digests = digestOf): string =>
  checksumOf(manifestSchema.parse(manifest), digests);

describe("a model's checksum", () => {
  it('is told of every field by a manifest of this test', () => {
    const untold = LEAVES.filter((leaf) => MANIFESTS.every((manifest) => get(manifest, leaf) === undefined));
    expect(untold).toEqual([]);
  });

  const isFile = /graph$|^(weights|projection)$|^tokenizer\./;
  const [built, graphs] = MANIFESTS;
  // Encoders and weights are those of towers that are built over weights.
  const counted = LEAVES.map(
    (leaf) =>
      [
        leaf,
        /^(encoders|weights|projection)/.test(leaf)
          ? MANIFESTS.find((manifest) => manifest !== graphs && get(manifest, leaf) !== undefined)!
          : [graphs, ...MANIFESTS].find((manifest) => get(manifest, leaf) !== undefined)!,
      ] as const,
  );

  /** What some other values of a field give. */
  const changed = (leaf: string, manifest: Json): string[] =>
    fc.sample(otherThan(get(manifest, leaf)), 10).map((to) => checksum(set(manifest, leaf, to)));

  // Another family has other fields, too.
  const isOther = (leaf: string): boolean => leaf === 'encoders.text.family';
  it.each(counted.filter(([leaf]) => !isFile.test(leaf) && !WORDS.test(leaf) && !isOther(leaf)))(
    'differs with %s',
    (leaf, manifest) => {
      expect(changed(leaf, manifest)).not.toContain(checksum(manifest));
    },
  );

  it("differs with a text tower's family and its pooling", () => {
    const of = (text: Json): string => checksum({ ...built, encoders: { ...STATED.encoders, text } });
    const bert = { family: 'bert', heads: 2, activation: 'gelu', epsilon: 1e-5 };
    const clip = { heads: 2, activation: 'gelu', epsilon: 1e-5, pooling: 'last' };
    const all = [of({ ...bert, pooling: 'first' }), of({ ...bert, pooling: 'mean' }), of(clip)];
    expect(new Set(all).size).toBe(3);
    expect(of({ ...clip, family: 'clip' })).toBe(of(clip));
  });

  it.each(counted.filter(([leaf]) => WORDS.test(leaf)))('does not differ with %s', (leaf, manifest) => {
    expect(new Set(changed(leaf, manifest))).toEqual(new Set([checksum(manifest)]));
  });

  it.each(counted.filter(([leaf]) => isFile.test(leaf)))(
    'differs with what %s holds, not with its name',
    (leaf, manifest) => {
      const file = get(manifest, leaf);
      const before = checksum(manifest);
      const renamed = set(manifest, leaf, 'another-name');
      expect(checksum(renamed, (name) => digestOf(name === 'another-name' ? String(file) : name))).toBe(
        before,
      );
      expect(checksum(manifest, (name) => (name === file ? ['another'] : digestOf(name)))).not.toBe(before);
    },
  );

  it('does not count what describes towers that have graphs of their own', () => {
    for (const leaf of ['encoders.text.heads', 'encoders.image.epsilon'])
      expect(checksum(set(graphs, leaf, 7))).toBe(checksum(graphs));
    expect(checksum(set(graphs, 'weights', 'other.safetensors'))).toBe(checksum(graphs));
  });

  it('is the same whether a default is stated or left out, and in whichever order', () => {
    const vocabText: Json = { ...built, tokenizer: { wordPiece: 'v.txt' }, words: {} };
    expect(checksum({ ...vocabText, words: undefined })).toBe(checksum(vocabText));
    const defaulted = ['preparation', 'padding', 'dtype'];
    const bare = Object.fromEntries(Object.entries(built).filter(([key]) => !defaulted.includes(key)));
    const { preparation, padding, dtype } = manifestSchema.parse(bare);
    expect(checksum({ dtype, padding, preparation, ...bare })).toBe(checksum(bare));
    const reversed = Object.fromEntries(Object.entries(bare).reverse());
    expect(checksum(reversed)).toBe(checksum(bare));
  });

  // What is stored with one is lost when it changes: a field that is newly read, at what was so before, must not change it.
  it.each([
    ['the starter', STARTER, '999daf52c0a8df3fda9b859f6b6f57795d49f1fb6fce56ecfd6f3d24798a1ae4'],
    ['the tiny CLIP', TINY_CLIP, '207b402a8ab3cdd3ed0996d6c9306771470f5b1e7c8e369785aa3c1ad1c450e6'],
  ])('of %s is what it was', async (_, folder, expected) => {
    expect(await (await openFolder(folder)).checksum()).toBe(expected);
  });

  it('is the same for a copy under another name', async () => {
    const folder = path.join(mkdtempSync(path.join(tmpdir(), 'clipgraph-')), 'my clip (v2)');
    cpSync(TINY_CLIP, folder, { recursive: true });
    const copy = await openFolder(folder);
    expect(copy.id).toBe('my clip (v2)');
    expect(await copy.checksum()).toBe(await (await openFolder(TINY_CLIP)).checksum());
  });

  it('differs with the external data of a graph', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'clipgraph-'));
    const manifest: Partial<Manifest> = {
      ...{ id: 'm', description: 'A model.', dimensions: 8, contextLength: 77, imageSize: 32 },
      towers: { image: { graph: 'image.onnx', input: 'pixels', output: 'embeds' } },
    };
    const sum = async (external?: string): Promise<string> => {
      if (external !== undefined) writeFileSync(path.join(folder, 'image.onnx_data'), external);
      return (await openFolder(folder)).checksum();
    };
    writeFileSync(path.join(folder, 'clipgraph.json'), JSON.stringify(manifest));
    writeFileSync(path.join(folder, 'image.onnx'), 'a graph');
    const sums = [await sum(), await sum('some'), await sum('other')];
    expect(new Set(sums).size).toBe(3);
  });
});
