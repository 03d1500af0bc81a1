import { Arg, Ctx, Extensions, Field, Float, Int, ObjectType, Query, Resolver } from 'type-graphql';
import { classify, DEFAULT_TEMPLATE, promptsFor, type Classification } from '../../engine/index.js';
import { embedAll, embedOne, toEmbedOptions } from '../content/embedding-scope.js';
import { ContentInput, EmbedOptionsInput, OPTIONS, toContent } from '../content/inputs.js';
import type { Context } from '../context.js';
import type { FieldExtensions } from '../cost/text-sizes.js';

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

/** The most bytes that a prompt has as JSON, for the size of the answer. */
const promptBytes: FieldExtensions['combinedText'] = ({ labels, template }, ofText) => {
  if (typeof template !== 'string' || !Array.isArray(labels)) return 0;
  const places = template.split('{}').length - 1;
  const longest = labels.reduce<number>((most, label) => Math.max(most, ofText(String(label))), 0);
  return ofText(template) === 0 ? 0 : ofText(template) + places * longest; // Too long a template fails.
};

@Resolver(() => ClassificationType)
export class ClassifyResolver {
  @Extensions({ combinedText: promptBytes } satisfies FieldExtensions)
  @Query(() => [ClassificationType], {
    description:
      'Zero-shot classification, best first: softmax(logitScale · cosine) over the labels, each put into the template at {}. For example `classify(content: {image: {example: "dog"}}, labels: ["dog", "cat"])`.',
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
    const prompts = promptsFor(labels, template, context.embedder.limits).map((text) => ({ text }));
    const [subject, others] = await Promise.all([
      embedOne(context, toContent(content), chosen, 'content'),
      embedAll(context, prompts, chosen, 'labels'),
    ]);
    return classify(subject, labels, others);
  }
}
