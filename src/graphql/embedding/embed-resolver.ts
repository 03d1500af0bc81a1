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
} from 'type-graphql';
import type { Embedding } from '../../engine/index.js';
import { ClipgraphError, ERROR_CODES, type ErrorCode, ERRORS } from '../../errors/index.js';
import { embedOne, toEmbedOptions } from '../content/embedding-scope.js';
import { ContentInput, EmbedOptionsInput, toContent } from '../content/inputs.js';
import type { Context } from '../context.js';
import { costPerElement } from '../cost.js';
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

  @Field(() => ErrorCodeEnum)
  code!: ErrorCode;

  @Field(() => String, { description: 'What was wrong, and what to do.' })
  message!: string;
}

const EmbedResult = createUnionType({
  name: 'EmbedResult',
  types: () => [EmbeddingType, ContentErrorType] as const,
  resolveType: (value: object) => ('code' in value ? 'ContentError' : 'Embedding'),
});

@Resolver(() => EmbeddingType)
export class EmbedResolver {
  @Query(() => EmbeddingType, { description: 'One content, one embedding.' })
  embed(
    @Arg('input', () => ContentInput) input: ContentInput,
    @Arg('options', () => EmbedOptionsInput, { nullable: true }) options: EmbedOptionsInput | undefined,
    @Ctx() context: Context,
  ): Promise<Embedding> {
    return embedOne(context, input, options, 'input');
  }

  @Query(() => [EmbedResult], {
    description:
      'Many contents, texts and images mixed; results in the order of the inputs, each failure in its own place.',
    complexity: costPerElement('inputs'),
  })
  async embedBatch(
    @Arg('inputs', () => [ContentInput]) inputs: ContentInput[],
    @Arg('options', () => EmbedOptionsInput, { nullable: true }) options: EmbedOptionsInput | undefined,
    @Ctx() { embedder, signal }: Context,
  ): Promise<(Embedding | ContentErrorType)[]> {
    const results = await embedder.embedEach(inputs.map(toContent), toEmbedOptions(options), { signal });
    return results.map((result, index) =>
      result instanceof ClipgraphError ? { index, code: result.code, message: result.message } : result,
    );
  }
}
