import { Arg, Ctx, Field, Float, Int, ObjectType, Query, Resolver } from 'type-graphql';
import { classify, DEFAULT_TEMPLATE, promptsFor, type Classification } from '../../engine/index.js';
import { embedAll, embedOne, toEmbedOptions } from '../content/embedding-scope.js';
import { ContentInput, EmbedOptionsInput, OPTIONS, toContent } from '../content/inputs.js';
import type { Context } from '../context.js';
import { costPerElement } from '../cost.js';

@ObjectType('Classification', { description: 'A label and how well it fits.' })
export class ClassificationType {
  @Field(() => Int, { description: "The label's place in the request." })
  index!: number;

  @Field(() => String, { description: 'As it was given.' })
  label!: string;

  @Field(() => String, {
    description: 'The template with the label in it: what the content was compared with.',
  })
  prompt!: string;

  @Field(() => Float, { description: 'Cosine of the angle between the content and the prompt, in [-1, 1].' })
  cosine!: number;

  @Field(() => Float, {
    nullable: true,
    description:
      'Softmax of logitScale · cosine over the labels; null where the model states no logit scale.',
  })
  probability?: number;
}

@Resolver(() => ClassificationType)
export class ClassifyResolver {
  @Query(() => [ClassificationType], {
    description:
      'Zero-shot classification, best first: softmax(logitScale · cosine) over the labels, each put into the template at {}. For example `classify(content: {image: {example: "dog"}}, labels: ["dog", "cat"])`.',
    complexity: costPerElement('labels'),
  })
  async classify(
    @Arg('content', () => ContentInput, { description: 'What is classified.' }) content: ContentInput,
    @Arg('labels', () => [String], { description: 'What it may be: ["dog", "cat"].' }) labels: string[],
    @Arg('template', () => String, {
      defaultValue: DEFAULT_TEMPLATE,
      description: 'Holds {} where the label goes.',
    })
    template: string,
    @Arg('options', () => EmbedOptionsInput, OPTIONS) options: EmbedOptionsInput | undefined,
    @Ctx() context: Context,
  ): Promise<Classification[]> {
    const chosen = toEmbedOptions(options);
    const prompts = promptsFor(labels, template).map((text) => ({ text }));
    const [subject, others] = await Promise.all([
      embedOne(context, toContent(content), chosen, 'content'),
      embedAll(context, prompts, chosen, 'labels'),
    ]);
    return classify(subject, labels, others);
  }
}
