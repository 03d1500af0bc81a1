import { Field, InputType } from 'type-graphql';
import type { FieldCondition, ItemFilter } from '../../engine/index.js';
import { Modality } from '../content/inputs.js';
import { Json, type JsonValue } from './json-scalar.js';

@InputType('FieldCondition', {
  description:
    'A condition on a value of the metadata: a key, and exactly one of the others. It is false where the key is missing ' +
    'or its value is of another type.',
})
export class FieldConditionInput implements FieldCondition {
  @Field(() => String, { description: 'A key of the metadata, or a path with dots: "camera.make".' })
  key!: string;

  @Field(() => Json, {
    nullable: true,
    description: 'Equal to this, objects whatever the order of their keys.',
  })
  eq?: JsonValue;

  @Field(() => [Json], { nullable: true, description: 'Equal to one of these.' })
  in?: JsonValue[];

  @Field(() => Json, {
    nullable: true,
    description: 'Less than this number, or before this string by its bytes.',
  })
  lt?: JsonValue;

  @Field(() => Json, { nullable: true, description: 'Less than this, or equal.' })
  lte?: JsonValue;

  @Field(() => Json, {
    nullable: true,
    description: 'Greater than this number, or after this string by its bytes.',
  })
  gt?: JsonValue;

  @Field(() => Json, { nullable: true, description: 'Greater than this, or equal.' })
  gte?: JsonValue;

  @Field(() => Boolean, { nullable: true, description: 'Whether the key is there.' })
  exists?: boolean;

  @Field(() => String, { nullable: true, description: 'A string that begins with this.' })
  startsWith?: string;
}

@InputType('ItemFilter', { description: 'Which items are meant: all that is given must hold.' })
export class ItemFilterInput implements ItemFilter {
  @Field(() => [FieldConditionInput], { nullable: true, description: 'All of these conditions.' })
  all?: FieldConditionInput[];

  @Field(() => [ItemFilterInput], { nullable: true, description: 'At least one of these filters.' })
  any?: ItemFilterInput[];

  @Field(() => ItemFilterInput, { nullable: true, description: 'What this filter does not mean.' })
  not?: ItemFilterInput;

  @Field(() => Modality, { nullable: true, description: 'Items of this kind.' })
  modality?: Modality;
}

/** What every field that takes a filter says of it. */
export const FILTER = { nullable: true, description: 'Which items are meant; all if absent.' } as const;
