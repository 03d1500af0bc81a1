import {
  Arg,
  createUnionType,
  Ctx,
  Field,
  Int,
  ObjectType,
  Query,
  registerEnumType,
  Resolver,
  Root,
  Subscription,
} from 'type-graphql';
import { embedStream, type Embedding } from '../../engine/index.js';
import { ClipgraphError, ERROR_CODES, type ErrorCode, ERRORS } from '../../errors/index.js';
import { askOf, toEmbedOptions } from '../content/embedding-scope.js';
import { ContentInput, EmbedOptionsInput, OPTIONS, toContent } from '../content/inputs.js';
import type { Context } from '../context.js';
import { EmbeddingType } from './embedding-type.js';

const ErrorCodeEnum = Object.fromEntries(ERROR_CODES.map((code) => [code, code]));
registerEnumType(ErrorCodeEnum, {
  name: 'ErrorCode',
  description: 'What went wrong; docs/errors.md says what to do about it.',
  valuesConfig: Object.fromEntries(ERROR_CODES.map((code) => [code, { description: ERRORS[code].meaning }])),
});

@ObjectType('ContentError', { description: 'Why one content of a batch has no embedding.' })
export class ContentErrorType {
  @Field(() => Int, { description: "The content's place in the request." })
  index!: number;

  @Field(() => ErrorCodeEnum, { description: 'What went wrong, for programs.' })
  code!: ErrorCode;

  @Field(() => String, { description: 'What was wrong, and what to do.' })
  message!: string;
}

const EmbedResult = createUnionType({
  name: 'EmbedResult',
  description: 'What became of one content of a batch.',
  types: () => [EmbeddingType, ContentErrorType] as const,
  resolveType: (value: object) => ('code' in value ? 'ContentError' : 'Embedding'),
});

@ObjectType('EmbedProgress', { description: 'One result of a long batch.' })
export class EmbedProgressType {
  @Field(() => Int, { description: 'Results so far, this one included.' })
  completed!: number;

  @Field(() => Int, { description: 'Contents of the batch.' })
  total!: number;

  @Field(() => Int, { description: "The content's place in the request; results come in any order." })
  index!: number;

  @Field(() => EmbedResult, { description: 'The embedding, or why there is none.' })
  result!: Embedding | ContentErrorType;
}

function toEmbedResult(result: Embedding | ClipgraphError, index: number): Embedding | ContentErrorType {
  return result instanceof ClipgraphError ? { index, code: result.code, message: result.message } : result;
}

interface EmbedStreamArguments {
  readonly inputs: readonly ContentInput[];
  readonly options?: EmbedOptionsInput | null;
}

/** Counts the results of a stream. */
function progressOf(
  { inputs, options }: EmbedStreamArguments,
  { embedder, signal, client }: Context,
): AsyncIterableIterator<EmbedProgressType> {
  const results = embedStream(embedder, inputs.map(toContent), toEmbedOptions(options), { signal, client });
  let completed = 0;
  return {
    next: async () => {
      const { done, value } = await results.next();
      if (done === true) return { done, value: undefined };
      const { index, result } = value;
      completed++;
      return {
        done: false,
        value: { completed, total: inputs.length, index, result: toEmbedResult(result, index) },
      };
    },
    return: async () => {
      await results.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

@Resolver(() => EmbeddingType)
export class EmbedResolver {
  @Query(() => EmbeddingType, {
    description: 'One content, one embedding. For example `embed(input: {text: "a dog"})`.',
  })
  async embed(
    @Arg('input', () => ContentInput, { description: 'What is embedded.' }) input: ContentInput,
    @Arg('options', () => EmbedOptionsInput, OPTIONS) options: EmbedOptionsInput | undefined,
    @Ctx() context: Context,
  ): Promise<Embedding> {
    const [embedding] = await askOf(context, toEmbedOptions(options)).embedAll([toContent(input)], 'input');
    return embedding;
  }

  @Query(() => [EmbedResult], {
    description:
      'Many contents, texts and images mixed; results in the order of the inputs, each failure in its own place.',
  })
  async embedBatch(
    @Arg('inputs', () => [ContentInput], { description: 'What is embedded, in any mixture.' })
    inputs: ContentInput[],
    @Arg('options', () => EmbedOptionsInput, OPTIONS) options: EmbedOptionsInput | undefined,
    @Ctx() context: Context,
  ): Promise<(Embedding | ContentErrorType)[]> {
    const results = await askOf(context, toEmbedOptions(options)).embedEach(inputs.map(toContent));
    return results.map(toEmbedResult);
  }

  @Subscription(() => EmbedProgressType, {
    description:
      "A long batch, each result as it is ready, with the count so far. Uploads don't travel over WebSocket: texts, " +
      'vectors, examples, URLs and base64 do. Unsubscribing stops what has not started.',
    subscribe: ({ args, context }: { args: EmbedStreamArguments; context: Context }) =>
      progressOf(args, context),
  })
  embedStream(
    @Root() progress: EmbedProgressType,
    @Arg('inputs', () => [ContentInput], { description: 'What is embedded, in any mixture.' })
    _inputs: ContentInput[],
    @Arg('options', () => EmbedOptionsInput, OPTIONS) _options: EmbedOptionsInput | undefined,
  ): EmbedProgressType {
    return progress;
  }
}
