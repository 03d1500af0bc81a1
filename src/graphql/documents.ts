import {
  GraphQLError,
  parse,
  specifiedRules,
  validate,
  type ASTVisitor,
  type DocumentNode,
  type GraphQLSchema,
  type ValidationContext,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import type { Config } from '../config/index.js';
import { ClipgraphError } from '../errors/index.js';
import { ownTurn } from '../isolation/turns.js';
import { checkDocument } from './cost/document-bounds.js';

/** Characters of the documents that are kept; an AST takes some fifty times as many bytes. */
const KEPT_CHARACTERS = 2 ** 18;
/** A longer document is parsed, validated and counted in turns of their own. */
const LONG_DOCUMENT = 10_000;

/** Refuses mutations where the schema has none; graphql-js 16 leaves that to the execution. */
export function KnownOperationTypesRule(context: ValidationContext): ASTVisitor {
  return {
    OperationDefinition: (node) => {
      if (context.getSchema().getRootType(node.operation) != null) return;
      const message = `This server has no ${node.operation}s: the schema has no such type.`;
      context.reportError(new GraphQLError(message, { nodes: node }));
    },
  };
}

const RULES = [...specifiedRules, KnownOperationTypesRule];
/** For a long document in parts: all of them at once take 60 ms for 10,000 tokens. */
const PARTS_OF_RULES = [0, 1, 2].map((part) => RULES.filter((_rule, i) => i % 3 === part));

/** What is answered to a document of more than `limits.maxQueryBytes`. */
export function documentTooLong(maxQueryBytes: number): ClipgraphError {
  const message = `The document has more than ${maxQueryBytes} bytes (limits.maxQueryBytes). Put values into variables.`;
  return new ClipgraphError('QUERY_TOO_COMPLEX', message);
}

/** What a document came to: it can be executed, or why it can't. */
export type ReadDocument =
  | { readonly document: DocumentNode }
  /** GraphQL's own words for what is wrong with it. */
  | { readonly wrong: readonly GraphQLError[] }
  | { readonly refused: ClipgraphError };

/** The same error, with the code that Apollo Server would give it. */
function withCode(code: 'GRAPHQL_PARSE_FAILED' | 'GRAPHQL_VALIDATION_FAILED') {
  return ({ message, nodes, source, positions }: GraphQLError): GraphQLError =>
    new GraphQLError(message, { nodes, source, positions, extensions: { code } });
}

/** Parses and validates documents, bounded before either costs anything. */
export class DocumentReader {
  readonly #schema: GraphQLSchema;
  readonly #limits: Config['limits'];
  readonly #valid = new LRUCache<string, DocumentNode>({
    maxSize: KEPT_CHARACTERS,
    sizeCalculation: (_document, source) => source.length + 1,
  });

  constructor(schema: GraphQLSchema, limits: Config['limits']) {
    this.#schema = schema;
    this.#limits = limits;
  }

  async read(source: string): Promise<ReadDocument> {
    const known = this.#valid.get(source);
    if (known !== undefined) return { document: known };
    const { maxQueryBytes, maxQueryTokens } = this.#limits;
    try {
      if (source.length > maxQueryBytes || Buffer.byteLength(source) > maxQueryBytes) {
        throw documentTooLong(maxQueryBytes);
      }
      const isLong = source.length > LONG_DOCUMENT;
      const pause = async (): Promise<void> => {
        if (isLong) await ownTurn();
      };
      const document = parse(source, { maxTokens: maxQueryTokens });
      await pause();
      checkDocument(document, this.#limits);
      await pause();
      for (const rules of isLong ? PARTS_OF_RULES : [RULES]) {
        const wrong = validate(this.#schema, document, rules);
        if (wrong.length > 0) return { wrong: wrong.map(withCode('GRAPHQL_VALIDATION_FAILED')) };
        await pause();
      }
      this.#valid.set(source, document);
      return { document };
    } catch (error) {
      if (error instanceof ClipgraphError) return { refused: error };
      if (error instanceof GraphQLError) return { wrong: [withCode('GRAPHQL_PARSE_FAILED')(error)] };
      if (!(error instanceof RangeError)) throw error; // The parser is recursive.
      const message = 'The document is nested too deeply.';
      return { refused: new ClipgraphError('QUERY_TOO_COMPLEX', message, { cause: error }) };
    }
  }
}
