import { Arg, Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { compare, type Embedding, type Similarity } from '../../engine/index.js';
import { askOf, toEmbedOptions } from '../content/embedding-scope.js';
import { ContentInput, EmbedOptionsInput, OPTIONS, toContent } from '../content/inputs.js';
import type { Context } from '../context.js';
import { EmbeddingType } from '../embedding/embedding-type.js';
import { SimilarityType } from './similarity-type.js';

/** Apart from the other fields of Embedding, which SimilarityType refers to. */
@Resolver(() => EmbeddingType)
export class SimilarityToResolver {
  @FieldResolver(() => SimilarityType, {
    description: "With this embedding's own model, runtime and options unless others are given.",
  })
  async similarityTo(
    @Root() embedding: Embedding,
    @Arg('other', () => ContentInput, { description: 'What it is compared with.' }) other: ContentInput,
    @Arg('options', () => EmbedOptionsInput, OPTIONS)
    options: EmbedOptionsInput | undefined | null,
    @Ctx() context: Context,
  ): Promise<Similarity> {
    const own = { ...embedding.options, model: embedding.model.id };
    const given = options == null ? own : toEmbedOptions(options);
    const { model = own.model, runtime = own.runtime } = given;
    const ask = askOf(context, { ...given, model, runtime });
    const [compared] = await ask.embedAll([toContent(other)], 'other');
    return compare(embedding, compared);
  }
}
