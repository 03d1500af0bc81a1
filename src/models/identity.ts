import { createHash } from 'node:crypto';
import { canonicalPlan } from '../core/image/index.js';
import { pixelPlanOf, type Manifest } from './manifest.js';
import { wordsOf } from './words.js';

/** Counted up when what stands below would give an unchanged model another checksum. */
const FORM = 'clipgraph model 2';

/**
 * How a field enters a model's identity: `words` not at all; `file` by what the file holds, not by its name; any other by its
 * value, unless that is `neutral`, what was so before the field was read. A neutral value stays as it is for ever: when a
 * field's default changes, the numbers of models that do not state it do, too.
 */
type Rule = 'words' | 'file' | { readonly neutral: unknown };

/** The members of a union have their fields side by side. */
type KeyOf<Value> = Value extends unknown ? keyof Value : never;
type FieldOf<Value, Key> = Value extends unknown ? (Key extends keyof Value ? Value[Key] : never) : never;
type Rules<Value> =
  NonNullable<Value> extends infer Given
    ? Given extends object
      ? Rule | { readonly [Key in KeyOf<NonNullable<Value>>]-?: Rules<FieldOf<NonNullable<Value>, Key>> }
      : Rule
    : never;

const STATED: Rule = { neutral: undefined };
const ENCODER = { family: { neutral: 'clip' }, heads: STATED, activation: STATED, epsilon: STATED };
const TOWER = { graph: 'file', input: STATED, output: STATED, states: STATED } as const;

/** Every field of a manifest: a new one compiles only once it is said what it changes. */
export const RULES: Rules<Manifest> = {
  id: 'words',
  aliases: 'words',
  revision: 'words',
  license: 'words',
  description: 'words',
  architecture: 'words',
  scoreRanges: 'words',
  dimensions: STATED,
  contextLength: STATED,
  imageSize: STATED,
  towers: { text: TOWER, image: TOWER },
  weights: 'file',
  projection: 'file',
  encoders: {
    text: {
      ...ENCODER,
      endMarker: STATED,
      isCausal: { neutral: true },
      pooling: { neutral: 'end' },
      firstPosition: { neutral: 0 },
    },
    image: {
      ...ENCODER,
      pooling: { neutral: 'class' },
      hasPreNorm: { neutral: true },
      grid: { neutral: 16 },
    },
  },
  tokenizer: { vocabulary: 'file', merges: 'file', json: 'file', wordPiece: 'file', sentencePiece: 'file' },
  words: STATED,
  addedTokens: { neutral: {} },
  // As its plan of pixels, which leaves out what is as CLIP has it.
  preparation: STATED,
  padding: { id: { neutral: 49_407 }, to: { neutral: 'longest' } },
  logitScale: STATED,
  logitBias: STATED,
  scoring: { neutral: 'softmax' },
  dtype: { neutral: 'fp32' },
};

const isByValue = (rule: unknown): rule is { readonly neutral: unknown } =>
  typeof rule === 'object' && rule !== null && 'neutral' in rule;

/** JSON with its keys in order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

/** What of a value enters; undefined for nothing. */
function enter(rule: unknown, value: unknown, digestsOf: DigestsOf): unknown {
  if (value === undefined || rule === 'words') return undefined;
  if (rule === 'file') return digestsOf(value as string);
  if (isByValue(rule)) return canonical(value) === canonical(rule.neutral) ? undefined : value;
  const rules = rule as Readonly<Record<string, unknown>>;
  const entered = Object.entries(value as object)
    .map(([key, inner]) => [key, enter(rules[key], inner, digestsOf)] as const)
    .filter(([, inner]) => inner !== undefined);
  return entered.length === 0 ? undefined : Object.fromEntries(entered);
}

/** What counts: encoders describe the towers that are built over the weights, and no others; pixels are what the plan says. */
function effective(manifest: Manifest): object {
  const { towers, encoders, weights } = manifest;
  const isBuilt = (kind: 'text' | 'image'): boolean =>
    towers[kind] !== undefined && towers[kind].graph === undefined;
  return {
    ...manifest,
    preparation: canonicalPlan(pixelPlanOf(manifest)),
    words: wordsOf(manifest),
    weights: isBuilt('text') || isBuilt('image') ? weights : undefined,
    encoders: {
      ...(isBuilt('text') && encoders.text && { text: encoders.text }),
      ...(isBuilt('image') && encoders.image && { image: encoders.image }),
    },
  };
}

/**
 * SHA-256 of each file that stands behind a name in the manifest: of a checkpoint its shards in their order, of a graph
 * itself and the files that its weights are in.
 */
export type DigestsOf = (file: string) => readonly string[];

/**
 * A model's checksum: SHA-256, in hexadecimal, over everything that changes its numbers. Two models have the same one exactly
 * if they have the same files' contents and are read the same way, whatever they and their files are called.
 */
export function checksumOf(manifest: Manifest, digestsOf: DigestsOf): string {
  const identity = { form: FORM, ...(enter(RULES, effective(manifest), digestsOf) as object) };
  return createHash('sha256').update(canonical(identity)).digest('hex');
}
