import {
  Ctx,
  FieldResolver,
  Float,
  ID,
  Int,
  ObjectType,
  Query,
  registerEnumType,
  Resolver,
  Root,
} from 'type-graphql';
import { conventionOf } from '../../engine/conventions.js';
import { Model } from '../../models/index.js';
import type { Context } from '../context.js';
import { Preparation, toPreparation } from './preparation-type.js';

/** How a model's logits become probabilities. */
enum Scoring {
  SOFTMAX = 'softmax',
  SIGMOID = 'sigmoid',
}

registerEnumType(Scoring, {
  name: 'Scoring',
  description: "How a model's logits become probabilities.",
  valuesConfig: {
    SOFTMAX: { description: 'Of what is compared together, which sums to 1: CLIP.' },
    SIGMOID: { description: 'Of each pair by itself: SigLIP.' },
  },
});

@ObjectType('Model', { description: 'A CLIP, or something that answers like one.' })
export class ModelType {}

@Resolver(() => ModelType)
export class ModelResolver {
  @Query(() => [ModelType], { description: 'The models that a request may name, the default one first.' })
  models(@Ctx() { embedder }: Context): readonly Model[] {
    return embedder.models.list();
  }

  @FieldResolver(() => ID, { description: 'What options.model takes.' })
  id(@Root() { id }: Model): string {
    return id;
  }

  @FieldResolver(() => [String], { description: 'Other names for it.' })
  aliases(@Root() { manifest }: Model): readonly string[] {
    return manifest.aliases;
  }

  @FieldResolver(() => String, { nullable: true, description: 'Of the repository that it comes from.' })
  revision(@Root() { manifest }: Model): string | undefined {
    return manifest.revision;
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: 'SHA-256 over everything that changes its numbers; null until its files are here.',
  })
  checksum(@Root() model: Model): Promise<string> {
    return model.checksum();
  }

  @FieldResolver(() => String, { nullable: true, description: 'What its towers are.' })
  architecture(@Root() { manifest }: Model): string | undefined {
    return manifest.architecture;
  }

  @FieldResolver(() => Int, { nullable: true, description: 'Numbers in an embedding.' })
  dimensions(@Root() { manifest }: Model): number {
    return manifest.dimensions;
  }

  @FieldResolver(() => Int, {
    nullable: true,
    description: 'Tokens, with the start and end markers; null for a model without a text tower.',
  })
  contextLength(@Root() { manifest }: Model): number | undefined {
    return manifest.towers.text && manifest.contextLength;
  }

  @FieldResolver(() => Int, {
    nullable: true,
    description: 'Pixels; null for a model without an image tower.',
  })
  imageSize(@Root() { manifest }: Model): number | undefined {
    return manifest.towers.image && manifest.imageSize;
  }

  @FieldResolver(() => Preparation, {
    nullable: true,
    description: 'How pictures become its input; null for a model without an image tower.',
  })
  preparation(@Root() model: Model, @Ctx() { config }: Context): Preparation | undefined {
    if (model.manifest.towers.image === undefined) return undefined;
    return toPreparation({ ...model.pixelPlan, convention: conventionOf(config, model) });
  }

  @FieldResolver(() => Float, {
    nullable: true,
    description:
      "exp(logit_scale): 100 for OpenAI's models. Read from the weights or the manifest, never from a configuration's initial value.",
  })
  logitScale(@Root() { manifest }: Model): number | undefined {
    return manifest.logitScale;
  }

  @FieldResolver(() => Float, {
    nullable: true,
    description: "What is added to logitScale · cosine: SigLIP's logit_bias; null where the model has none.",
  })
  logitBias(@Root() { manifest }: Model): number | undefined {
    return manifest.logitBias;
  }

  @FieldResolver(() => Scoring, { description: 'How its logits become probabilities.' })
  scoring(@Root() { manifest }: Model): Scoring {
    return manifest.scoring === 'sigmoid' ? Scoring.SIGMOID : Scoring.SOFTMAX;
  }

  @FieldResolver(() => String, { description: 'fp32, fp16, q8, …' })
  dtype(@Root() { manifest }: Model): string {
    return manifest.dtype;
  }

  @FieldResolver(() => Boolean, { description: 'Whether it answers where a request names none.' })
  isDefault(@Root() model: Model, @Ctx() { embedder }: Context): boolean {
    return model === embedder.models.default;
  }

  @FieldResolver(() => Boolean, { description: 'Whether one of its towers has been asked for.' })
  isLoaded(@Root() model: Model, @Ctx() { embedder }: Context): Promise<boolean> {
    return embedder.isLoaded(model);
  }

  @FieldResolver(() => String, { nullable: true, description: 'Under which its weights may be used.' })
  license(@Root() { manifest }: Model): string | undefined {
    return manifest.license;
  }

  @FieldResolver(() => String, {
    description: "What it is good for and what it isn't, in a sentence or two.",
  })
  description(@Root() { manifest }: Model): string {
    return manifest.description;
  }
}
