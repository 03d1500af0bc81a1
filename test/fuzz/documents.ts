import { readFileSync } from 'node:fs';
import path from 'node:path';
import {
  buildSchema,
  getIntrospectionQuery,
  getNamedType,
  getNullableType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  isUnionType,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLObjectType,
} from 'graphql';
import { COLLECTIONS, ITEMS } from './caches.js';
import { anyValue, content, text } from './contents.js';
import type { Random } from './random.js';

const schema = buildSchema(
  readFileSync(path.join(__dirname, '..', '..', 'schema', 'schema.graphql'), 'utf8'),
);

/** What is POSTed. */
export interface Operation {
  readonly query: string;
  readonly variables: Record<string, unknown>;
}

/** A value as a document writes it. */
function literal(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).map(([key, of]) => `${key}: ${literal(of)}`);
    return `{${fields.join(', ')}}`;
  }
  return JSON.stringify(value);
}

/** Levels of a value: types refer to themselves. */
const DEEPEST_VALUE = 12;

/** Names of collections and of items, and where a page ends: made up, damaged, or somebody's way out of a folder. */
const ODD_NAMES = [
  'nothing',
  '__proto__',
  'constructor',
  '../fuzz-0',
  'fuzz-0\u0000',
  '',
  'A'.repeat(3000),
  "'; DROP TABLE items",
];

/** What an argument or a field of this name holds, where its type does not tell. */
function named(name: string, random: Random): unknown {
  switch (name) {
    case 'collection':
    case 'name':
      return random.chance(0.9) ? random.pick(COLLECTIONS) : random.pick(ODD_NAMES);
    case 'itemId':
    case 'id':
      return random.chance(0.9) ? `item-${random.below(ITEMS)}` : random.pick(ODD_NAMES);
    case 'after':
      return random.pick([
        Buffer.from(
          random.pick(['[0.5,"item-1"]', '{"__proto__":1}', '[1e999,null]', '\0', '0'.repeat(5000)]),
        ).toString('base64'),
        text(random),
      ]);
    default:
      return undefined;
  }
}

/** A value of a type of the schema, mostly a right one. */
function valueOf(type: GraphQLInputType, random: Random, depth = 0, name = ''): unknown {
  if (random.chance(0.03)) return anyValue(random);
  if (!isNonNullType(type) && random.chance(0.2)) return null;
  const nullable = getNullableType(type);
  if (isListType(nullable)) {
    const length =
      depth >= DEEPEST_VALUE ? 0 : depth === 0 && random.chance(0.02) ? random.below(400) : random.below(5);
    const each = name === 'ids' ? 'id' : name;
    return Array.from({ length }, () => valueOf(nullable.ofType, random, depth + 1, each));
  }
  if (isEnumType(nullable)) return random.pick(nullable.getValues()).name;
  if (isInputObjectType(nullable)) {
    if (nullable.name === 'ContentInput') return content(random);
    const fields = Object.values(nullable.getFields()).filter(
      ({ type: of }) => isNonNullType(of) || (depth < DEEPEST_VALUE && random.chance(0.3)),
    );
    return Object.fromEntries(
      fields.map(({ name: field, type: of }) => [field, valueOf(of, random, depth + 1, field)]),
    );
  }
  switch (getNamedType(nullable).name) {
    case 'Boolean':
      return random.chance(0.5);
    case 'Int':
      return random.pick([0, 1, 2, 5, -1, 2 ** 31 - 1]);
    case 'RuntimeName':
      return random.pick(['cpu', 'cpu', 'cpu', 'cuda', 'nothing']);
    case 'JSON':
    case 'JSONObject':
      return anyValue(random, random.chance(0.05) ? 12 : 3);
    case 'Float':
      return random.pick([0.95, 0.5, 0, 1, -1, 2, 1e308, 5e-324]);
    case 'ID':
      return named(name, random) ?? random.pick(['starter', 'starter', 'nothing', '../models']);
    default:
      return named(name, random) ?? text(random);
  }
}

/** Writes one operation, with fields that are there and now and then one that is not. */
class Writer {
  readonly variables: Record<string, unknown> = {};
  readonly fragments: string[] = [];
  readonly #random: Random;
  readonly #heads: string[] = [];
  /** Fields that may still be written. */
  #left: number;

  constructor(random: Random) {
    this.#random = random;
    this.#left = random.chance(0.05) ? 400 : 4 + random.below(30);
  }

  get head(): string {
    return this.#heads.length === 0 ? '' : `(${this.#heads.join(', ')})`;
  }

  #argument({ name, type }: GraphQLArgument): string {
    const random = this.#random;
    const value = valueOf(type, random, 0, name);
    // Names of enums and lone surrogates can't be written as JSON writes them; most values belong in variables anyway.
    if (random.chance(0.7)) {
      const variable = `v${this.#heads.length}`;
      const given = random.chance(0.03)
        ? random.pick(['Int', '[String!]!', 'Nothing', 'Boolean!'])
        : String(type);
      this.#heads.push(`$${variable}: ${given}`);
      if (!random.chance(0.02)) this.variables[variable] = value;
      return `${name}: $${variable}`;
    }
    return `${name}: ${literal(value)}`;
  }

  #field(field: GraphQLField<unknown, unknown>, depth: number): string {
    const random = this.#random;
    this.#left--;
    const alias = random.chance(0.3)
      ? `${random.pick(['a', 'b', 'id', '__x', 'c'])}${random.below(50)}: `
      : '';
    const given = field.args.filter(({ type }) => isNonNullType(type) || random.chance(0.3));
    const args =
      given.length === 0 ? '' : `(${given.map((argument) => this.#argument(argument)).join(', ')})`;
    const directive = random.chance(0.03)
      ? random.pick([' @skip(if: false)', ' @include(if: 1)', ' @no'])
      : '';
    const type = getNamedType(field.type);
    const below = isCompositeType(type) ? ` ${this.selection(type.name, depth - 1)}` : '';
    return `${alias}${field.name}${args}${directive}${below}`;
  }

  /** What is asked of a type, in braces. */
  selection(name: string, depth: number): string {
    const random = this.#random;
    const type = schema.getType(name);
    if (isUnionType(type)) {
      return `{ __typename ${type
        .getTypes()
        .map((of) => `... on ${of.name} ${this.selection(of.name, depth)}`)
        .join(' ')} }`;
    }
    const all = Object.values((type as GraphQLObjectType).getFields());
    const written: string[] = [];
    const count = 1 + random.below(5);
    for (let i = 0; i < count && this.#left > 0; i++) {
      const field = random.pick(all);
      if (isCompositeType(getNamedType(field.type)) && depth <= 0) continue;
      written.push(this.#field(field, depth));
    }
    if (random.chance(0.02))
      written.push(random.pick(['nothing', 'id(x: 1)', '...Nowhere', '... on Query { __typename }']));
    if (written.length === 0 || random.chance(0.1)) written.push('__typename');
    const body = `{ ${written.join(' ')} }`;
    if (isObjectType(type) && random.chance(0.06)) {
      const fragment = `F${this.fragments.length}`;
      this.fragments.push(`fragment ${fragment} on ${name} ${body}`);
      return `{ ...${fragment} }`;
    }
    return body;
  }
}

/** What an operation asks for. */
export type Root = 'query' | 'mutation' | 'subscription';

const ROOT_TYPES: Readonly<Record<Root, string>> = {
  query: 'Query',
  mutation: 'Mutation',
  subscription: 'Subscription',
};

function written(random: Random, root: Root): Operation {
  const writer = new Writer(random);
  const body = writer.selection(ROOT_TYPES[root], 4);
  const query = `${root} ${writer.head} ${body} ${writer.fragments.join(' ')}`;
  return { query, variables: writer.variables };
}

const same = (count: number, part: string): string =>
  Array.from({ length: count }, (_, i) => part.replaceAll('#', String(i))).join(' ');

/** Documents that cost by their form. */
function large(random: Random): string {
  const count = 1 + random.below(random.chance(0.2) ? 3500 : 300);
  return random.pick([
    `{ ${same(count, 'a#: __typename')} }`,
    `{ ${same(count, 'a#: embed(input: {text: "a"}) { vector }')} }`,
    `{ ${same(count, 'models { id }')} }`,
    `{ ${same(count, 'a#: tokenize(text: "a") { ids pieces }')} }`,
    `{ ${same(count, 'a#: runtimes { name reason }')} }`,
    `{ ${same(count, 'a#: server { limits { maxInputs } examples }')} }`,
    `{ embed(input: {text: "a"}) ${'{ similarityTo(other: {text: "b"}) { a '.repeat(count)}{ id }${' } }'.repeat(count)} }`,
    `{ ...F0 } ${same(count, `fragment F# on Query { models { id } ...F${random.below(count + 1)} ...F${random.below(count + 1)} }`)}`,
    `{ ${'a { '.repeat(count)}`,
    `query(${same(count, '$v#: Int = 1')}) { models { id } }`,
    `{ __schema ${'{ types { fields { type '.repeat(1 + random.below(6))}{ name }${' } } }'.repeat(6)} }`,
    `{ ${same(Math.min(count, 200), 'a#: __type(name: "Query") { fields { args { name } } }')} }`,
    `{ embedBatch(inputs: [${same(count, '{text: "#"}')}]) { ... on Embedding { vectorBase64 text } } }`,
    `{ classify(content: {text: "a"}, labels: [${same(count, '"#"')}], template: "${'{}'.repeat(1 + random.below(2000))}") { prompt } }`,
    getIntrospectionQuery(),
  ]);
}

/** The same text with some of it doubled, dropped or replaced. */
function damaged(query: string, random: Random): string {
  const at = random.below(query.length + 1);
  const end = at + random.below(20);
  const other = random.pick([
    '',
    '{',
    '}',
    '"',
    '"""',
    '#',
    '$',
    '@',
    '...',
    '\0',
    '\ud800',
    '0x',
    '-',
    query.slice(at, end).repeat(3),
  ]);
  return query.slice(0, at) + other + query.slice(end);
}

/** Makes collections and fills them, so that there is something to be found; without errors of its own. */
function filled(random: Random): Operation {
  const collection = random.pick(COLLECTIONS);
  if (random.chance(0.2)) {
    const query = 'mutation ($input: CreateCollectionInput!) { createCollection(input: $input) { name } }';
    return {
      query,
      variables: {
        input: { name: collection, keepOriginals: random.chance(0.3), thumbnails: random.chance(0.3) },
      },
    };
  }
  const items = Array.from({ length: 1 + random.below(8) }, () => ({
    id: `item-${random.below(ITEMS)}`,
    content: content(random),
    metadata: random.chance(0.5) ? { kind: random.below(3), name: text(random) } : anyValue(random),
  }));
  const query =
    'mutation ($c: ID!, $items: [ItemInput!]!) { addItems(collection: $c, items: $items) { __typename ... on AddedItem { item { id metadata } } } }';
  return { query, variables: { c: collection, items } };
}

/** An operation of any kind; a query or a mutation by default. */
export function operation(random: Random, given?: Root): Operation {
  if (given === undefined && random.chance(0.08)) return filled(random);
  const root = given ?? (random.chance(0.12) ? 'mutation' : 'query');
  if (random.chance(0.12)) return { query: large(random), variables: {} };
  const { query, variables } = written(random, root);
  return { query: random.chance(0.12) ? damaged(query, random) : query, variables };
}
