import { Ctx, Field, Float, Int, ObjectType, Query, Resolver } from 'type-graphql';
import { VERSION } from '../../config/index.js';
import { EXAMPLES } from '../../media/index.js';
import type { Context } from '../context.js';

@ObjectType('Limits', { description: 'What the server accepts. Each is configurable under the same name.' })
export class LimitsType {
  @Field(() => Int, { description: 'Contents in one operation, counted over aliases and lists.' })
  maxInputs!: number;

  @Field(() => Int, { description: 'Contents of one embedStream.' })
  maxStreamInputs!: number;

  @Field(() => Int, { description: 'Bytes of the body of a request.' })
  maxBodyBytes!: number;

  @Field(() => Int, { description: 'Bytes of one text in UTF-8.' })
  maxTextBytes!: number;

  @Field(() => Int, { description: 'Bytes of one picture, decoded from base64.' })
  maxImageBytes!: number;

  @Field(() => Int, { description: 'Width times height of one picture.' })
  maxImagePixels!: number;

  @Field(() => Int, { description: 'Rows times columns of the matrices of one operation.' })
  maxMatrixCells!: number;

  @Field(() => Int, { description: 'Contents waiting for a runtime; more are OVERLOADED.' })
  maxQueue!: number;

  @Field(() => Int, { description: 'Milliseconds from the start of an operation to its answer.' })
  timeoutMs!: number;
}

@ObjectType('ServerInfo', { description: 'The server itself.' })
export class ServerInfoType {
  @Field(() => String, { description: 'Of Clipgraph.' })
  version!: string;

  @Field(() => Float, { description: 'Seconds since the start.' })
  uptime!: number;

  @Field(() => [String], { description: 'The names that ImageInput.example takes.' })
  examples!: string[];

  @Field(() => LimitsType, { description: 'What it accepts at most.' })
  limits!: LimitsType;
}

@Resolver()
export class ServerInfoResolver {
  @Query(() => ServerInfoType, { description: 'The server itself: its version, its limits, its examples.' })
  server(@Ctx() { config, startedAt }: Context): ServerInfoType {
    return {
      version: VERSION,
      uptime: (performance.now() - startedAt) / 1000,
      examples: EXAMPLES.map(({ name }) => name),
      limits: config.limits,
    };
  }
}
