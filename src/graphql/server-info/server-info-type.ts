import { Ctx, Field, Float, Int, ObjectType, Query, Resolver } from 'type-graphql';
import { limitsSchema, VERSION, type Config } from '../../config/index.js';
import { EXAMPLES } from '../../media/index.js';
import type { Context } from '../context.js';

@ObjectType('Limits', { description: 'What the server accepts. Each is configurable under the same name.' })
export class LimitsType {}

/** GraphQL's Int ends at 2^31 - 1; what may be more is a Float. */
const LARGEST_INT = 2 ** 31 - 1;

for (const [name, limit] of Object.entries(limitsSchema.shape)) {
  const { description } = limit;
  const { maxValue } = limit.def.innerType;
  const isInt = maxValue !== null && maxValue <= LARGEST_INT;
  Field(() => (isInt ? Int : Float), { description })(LimitsType.prototype, name);
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
  limits!: Config['limits'];
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
