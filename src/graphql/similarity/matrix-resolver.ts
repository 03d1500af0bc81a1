import { Arg, Ctx, FieldResolver, Float, ObjectType, Query, Resolver, Root } from 'type-graphql';
import { askMatrix, probabilitiesOf, type Embedding, type SimilarityMatrix } from '../../engine/index.js';
import { askOf, toEmbedOptions } from '../content/embedding-scope.js';
import { ContentInput, EmbedOptionsInput, OPTIONS, toContent } from '../content/inputs.js';
import type { Context } from '../context.js';
import { EmbeddingType } from '../embedding/embedding-type.js';
import { roomFor, Vector } from '../scalars.js';

@ObjectType('SimilarityMatrix', { description: 'Every row against every column.' })
export class SimilarityMatrixType {}

@Resolver(() => SimilarityMatrixType)
export class SimilarityMatrixResolver {
  @Query(() => SimilarityMatrixType, {
    description:
      'Every row against every column. For example `similarityMatrix(rows: [{text: "a dog"}, {text: "a cat"}], columns: [{image: {example: "dog"}}])`.',
  })
  similarityMatrix(
    @Arg('rows', () => [ContentInput], { description: 'One row each.' }) rows: ContentInput[],
    @Arg('columns', () => [ContentInput], { description: 'One column each.' }) columns: ContentInput[],
    @Arg('options', () => EmbedOptionsInput, OPTIONS) options: EmbedOptionsInput | undefined,
    @Ctx() context: Context,
  ): Promise<SimilarityMatrix> {
    const ask = askOf(context, toEmbedOptions(options));
    return askMatrix(ask, rows.map(toContent), columns.map(toContent));
  }

  @FieldResolver(() => [[Float]], {
    description: 'Row by row, in [-1, 1]. For programs, cosineBase64 is cheaper.',
  })
  async cosine(@Root() { cosine, columns }: SimilarityMatrix, @Ctx() context: Context): Promise<number[][]> {
    await roomFor(cosine.length * columns.length, context);
    return cosine.map((row) => Array.from(row));
  }

  @FieldResolver(() => Vector, { description: 'The same, packed: rows · columns values.' })
  cosineBase64(@Root() { cosine, columns }: SimilarityMatrix): Float32Array {
    const packed = new Float32Array(cosine.length * columns.length);
    for (const [i, row] of cosine.entries()) packed.set(row, i * columns.length);
    return packed;
  }

  @FieldResolver(() => [[Float]], {
    nullable: true,
    description:
      "Of each row's logits, by Model.scoring: SOFTMAX over the columns, or SIGMOID of each; null where the model states no logit scale.",
  })
  async probabilities(
    @Root() matrix: SimilarityMatrix,
    @Ctx() context: Context,
  ): Promise<number[][] | undefined> {
    await roomFor(matrix.cosine.length * matrix.columns.length, context);
    return probabilitiesOf(matrix);
  }

  @FieldResolver(() => [EmbeddingType], { description: 'In the order of the request.' })
  rows(@Root() { rows }: SimilarityMatrix): readonly Embedding[] {
    return rows;
  }

  @FieldResolver(() => [EmbeddingType], { description: 'In the order of the request.' })
  columns(@Root() { columns }: SimilarityMatrix): readonly Embedding[] {
    return columns;
  }
}
