import { Ctx, Field, Float, Int, ObjectType, Query, Resolver } from 'type-graphql';
import { CONFIG_KEYS, limitsSchema, valueAt, VERSION, type Config } from '../../config/index.js';
import { EXAMPLES } from '../../media/index.js';
import type { Context } from '../context.js';

@ObjectType('Limits', {
  description:
    'What the server accepts. Each is configurable: under limits, unless its description names another key.',
})
export class LimitsType {}

/** GraphQL's Int ends at 2^31 - 1; what may be more is a Float. */
const LARGEST_INT = 2 ** 31 - 1;

for (const [name, limit] of Object.entries(limitsSchema.shape)) {
  const { description } = limit;
  const { maxValue } = limit.def.innerType;
  const isInt = maxValue !== null && maxValue <= LARGEST_INT;
  Field(() => (isInt ? Int : Float), { description })(LimitsType.prototype, name);
}

/** What bounds clients and stands in another part of the configuration: its name here, and its key. */
const ELSEWHERE = {
  maxConnections: 'server.maxConnections',
  preparationTimeoutMs: 'preparation.timeoutMs',
  urlTimeoutMs: 'images.urls.timeoutMs',
  maxUrlRedirects: 'images.urls.maxRedirects',
  rateLimitRequests: 'rateLimit.requests',
  rateLimitSeconds: 'rateLimit.seconds',
} as const;

for (const [name, key] of Object.entries(ELSEWHERE)) {
  const { description } = CONFIG_KEYS.find(({ path }) => path.join('.') === key) ?? { description: '' };
  Field(() => Int, { description: `${description} Configured as ${key}.` })(LimitsType.prototype, name);
}

function limitsOf(config: Config): Readonly<Record<string, unknown>> {
  const elsewhere = Object.entries(ELSEWHERE).map(([name, key]) => [name, valueAt(config, key.split('.'))]);
  return { ...config.limits, ...(Object.fromEntries(elsewhere) as Record<string, unknown>) };
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
  limits!: Readonly<Record<string, unknown>>;
}

@Resolver()
export class ServerInfoResolver {
  @Query(() => ServerInfoType, { description: 'The server itself: its version, its limits, its examples.' })
  server(@Ctx() { config, startedAt }: Context): ServerInfoType {
    return {
      version: VERSION,
      uptime: (performance.now() - startedAt) / 1000,
      examples: EXAMPLES.map(({ name }) => name),
      limits: limitsOf(config),
    };
  }
}
