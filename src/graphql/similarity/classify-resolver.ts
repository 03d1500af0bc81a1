import {
  Args,
  ArgsType,
  Ctx,
  Extensions,
  Field,
  Float,
  Int,
  ObjectType,
  Query,
  Resolver,
} from 'type-graphql';
import {
  askClassify,
  DEFAULT_TEMPLATE,
  type Classification,
  type ContentFailure,
  type LabelRanking,
} from '../../engine/index.js';
import { askOf, toEmbedOptions } from '../content/embedding-scope.js';
import { ContentInput, EmbedOptionsInput, OPTIONS, toContent } from '../content/inputs.js';
import type { Context } from '../context.js';
import type { FieldExtensions } from '../cost/field-extensions.js';
import { ContentErrorType } from '../embedding/embed-resolver.js';

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
      'Of the logit, by Model.scoring: SOFTMAX over the labels, or SIGMOID of each label by itself; null where the model states no logit scale.',
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

@ObjectType('LabelRanking', {
  description: 'The labels of a classification, and those that have no place in it.',
})
export class LabelRankingType {
  @Field(() => [ClassificationType], { description: 'Best first.' })
  classifications!: readonly Classification[];

  @Field(() => [ContentErrorType], {
    description: 'The labels that could not be compared, and why, in the order of the request.',
  })
  failures!: readonly ContentFailure[];
}

/** What `classify` and `classification` take. */
@ArgsType()
class ClassifyArgs {
  @Field(() => ContentInput, { description: 'What is classified.' })
  content!: ContentInput;

  @Field(() => [String], { description: 'What it may be: ["dog", "cat"].' })
  labels!: string[];

  @Field(() => String, {
    defaultValue: DEFAULT_TEMPLATE,
    description: 'Holds {} where the label goes.',
  })
  template!: string;

  @Field(() => EmbedOptionsInput, OPTIONS)
  options?: EmbedOptionsInput;
}

@Resolver(() => ClassificationType)
export class ClassifyResolver {
  @Extensions({ combinedText: promptBytes } satisfies FieldExtensions)
  @Query(() => [ClassificationType], {
    description:
      'Zero-shot classification, best first: probabilities by Model.scoring, of the labels each put into the template at {}. For example `classify(content: {image: {example: "dog"}}, labels: ["dog", "cat"])`.',
  })
  async classify(
    @Args(() => ClassifyArgs) { content, labels, template, options }: ClassifyArgs,
    @Ctx() context: Context,
  ): Promise<readonly Classification[]> {
    const ask = askOf(context, toEmbedOptions(options));
    const chosen = { template, limits: context.embedder.limits, allOrNone: true };
    return (await askClassify(ask, toContent(content), labels, chosen)).classifications;
  }

  @Extensions({ combinedText: promptBytes } satisfies FieldExtensions)
  @Query(() => LabelRankingType, {
    description:
      'As classify, for labels that may fail: each failure in its own place, and the others ranked. ' +
      'For example `classification(content: {image: {example: "dog"}}, labels: ["dog", "cat"]) { classifications { label cosine } failures { index message } }`.',
  })
  classification(
    @Args(() => ClassifyArgs) { content, labels, template, options }: ClassifyArgs,
    @Ctx() context: Context,
  ): Promise<LabelRanking> {
    return askClassify(askOf(context, toEmbedOptions(options)), toContent(content), labels, {
      template,
      limits: context.embedder.limits,
    });
  }
}
