import { Field, Float, Int, ObjectType, registerEnumType } from 'type-graphql';
import { describePlan, type PixelPlan } from '../../core/image/index.js';

enum PixelConvention {
  HF = 'hf',
  HF4 = 'hf4',
  OPENAI = 'openai',
}
registerEnumType(PixelConvention, {
  name: 'PixelConvention',
  description: 'Whose way a picture becomes RGB, and where its crop lies.',
  valuesConfig: {
    HF: { description: 'As transformers 5 with Pillow: transparency onto white, then RGB, then resized.' },
    HF4: { description: 'As transformers 4: transparency is dropped.' },
    OPENAI: { description: "As openai/CLIP and open_clip: resized in the picture's own mode, then RGB." },
  },
});

enum ResamplingFilter {
  NEAREST = 'nearest',
  LANCZOS = 'lanczos',
  BILINEAR = 'bilinear',
  BICUBIC = 'bicubic',
  BOX = 'box',
  HAMMING = 'hamming',
}
registerEnumType(ResamplingFilter, { name: 'ResamplingFilter', description: "One of Pillow's filters." });

@ObjectType('PixelSize', { description: 'Pixels.' })
class PixelSize {
  @Field(() => Int, { description: 'Columns.' })
  width!: number;

  @Field(() => Int, { description: 'Rows.' })
  height!: number;
}

@ObjectType('Preparation', { description: "How a picture becomes the model's input." })
export class Preparation {
  @Field(() => String, { description: 'All of it in a sentence.' })
  summary!: string;

  @Field(() => PixelConvention, { description: 'As configured, or else as the model says.' })
  convention!: string;

  @Field(() => Int, {
    nullable: true,
    description: 'The length to which the shortest side is resized, the other one in proportion.',
  })
  shortestSide?: number | undefined;

  @Field(() => PixelSize, { nullable: true, description: 'What both sides are resized to.' })
  exactSize?: PixelSize | undefined;

  @Field(() => ResamplingFilter, { description: 'By which it is resized.' })
  filter!: string;

  @Field(() => PixelSize, { description: 'The centre that is kept, padded with zeros where it is smaller.' })
  crop!: PixelSize;

  @Field(() => Float, { description: 'What a sample of 0 to 255 is multiplied by.' })
  rescaleFactor!: number;

  @Field(() => [Float], { description: 'Then taken off, by channel: red, green, blue.' })
  mean!: readonly number[];

  @Field(() => [Float], { description: 'Then divided by, by channel.' })
  std!: readonly number[];
}

/** A plan of pixels as the API shows it. */
export function toPreparation(plan: PixelPlan): Preparation {
  const { resize, ...rest } = plan;
  const resized =
    resize === 'none' ? {} : 'shortest' in resize ? { shortestSide: resize.shortest } : { exactSize: resize };
  return { summary: describePlan(plan), ...rest, ...resized };
}
