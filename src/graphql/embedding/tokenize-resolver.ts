import { Arg, Ctx, ID, Query, Resolver } from 'type-graphql';
import type { Tokens } from '../../core/text/index.js';
import type { Context } from '../context.js';
import { TokensType } from './embedding-type.js';

@Resolver(() => TokensType)
export class TokenizeResolver {
  @Query(() => TokensType, {
    description:
      "How a text is cut into tokens, without running the model. A text that is longer than the model's context is " +
      'cut, and isTruncated says so. For example `tokenize(text: "a red car") { pieces count }`.',
  })
  tokenize(
    @Arg('text', () => String, { description: 'For example "a red car".' }) text: string,
    @Arg('model', () => ID, {
      nullable: true,
      description: "A model's id or alias; the configured default if absent.",
    })
    model: string | undefined | null,
    @Ctx() { embedder, signal, client }: Context,
  ): Promise<Tokens> {
    return embedder.tokenize(text, model ?? undefined, { signal, client });
  }
}
