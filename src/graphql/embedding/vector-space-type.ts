import { Field, Int, ObjectType } from 'type-graphql';

@ObjectType('VectorSpace', {
  description:
    'Where a vector lies. Only vectors of one space can be compared, or kept together; others are MODEL_MISMATCH.',
})
export class VectorSpaceType {
  @Field(() => String, { description: "The model's: SHA-256 over everything that changes its numbers." })
  checksum!: string;

  @Field(() => String, {
    description: "The model's, with the precision of the runtime where that is not exact: fp32, fp32+tf32.",
  })
  dtype!: string;

  @Field(() => Int, { description: 'Components of a vector.' })
  dimensions!: number;
}
