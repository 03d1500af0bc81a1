import { Ctx, Field, Int, ObjectType, Query, registerEnumType, Resolver } from 'type-graphql';
import { ClipgraphError } from '../../errors/index.js';
import type { Probe } from '../../runtime/index.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { Context } from '../context.js';
import { RuntimeName } from '../scalars.js';

export enum RuntimeStatus {
  READY = 'READY',
  IDLE = 'IDLE',
  UNAVAILABLE = 'UNAVAILABLE',
}
registerEnumType(RuntimeStatus, {
  name: 'RuntimeStatus',
  description: 'The state of a runtime.',
  valuesConfig: {
    READY: { description: 'Its process runs.' },
    IDLE: { description: 'It can run, and starts when it is first asked.' },
    UNAVAILABLE: { description: 'It cannot run now: see reason.' },
  },
});

@ObjectType('Runtime', { description: 'A plugin that runs models.' })
export class RuntimeType {
  @Field(() => RuntimeName, { description: 'What options.runtime takes.' })
  name!: string;

  @Field(() => RuntimeStatus, { description: 'Whether it can run.' })
  status!: RuntimeStatus;

  @Field(() => String, {
    nullable: true,
    description: "Why it can't run, and what to do about it; null if it can.",
  })
  reason?: string;

  @Field(() => String, { nullable: true, description: 'What does the arithmetic.' })
  device?: string;

  @Field(() => String, { nullable: true, description: 'What runs the model.' })
  library?: string;

  @Field(() => String, { nullable: true, description: "The library's version." })
  version?: string;

  @Field(() => Int, { nullable: true, description: 'Threads of one worker.' })
  threads?: number;

  @Field(() => Int, { nullable: true, description: 'Processes that run it side by side.' })
  workers?: number;

  @Field(() => Boolean, { description: 'Whether it does the work where a request names none.' })
  isDefault!: boolean;
}

/** Wrong options, of a runtime that nobody has asked for yet. */
function toProbe(error: unknown): Probe {
  const reason = error instanceof ClipgraphError ? error.message : 'Its options are wrong.';
  return { ready: false, reason, remedy: 'Correct them.' };
}

/** Whether it can run, as it said last; where its last runs have all failed, what is true now. */
function ask(runtime: Runtime, isDefault: boolean): Promise<Probe> {
  if (runtime.state.isFailing) return runtime.readiness();
  return isDefault ? runtime.probe() : runtime.probeAndRest();
}

/** A runtime's present state. */
export async function describeRuntime(runtime: Runtime, { embedder }: Context): Promise<RuntimeType> {
  const { name, workers } = runtime;
  const isDefault = (await embedder.runtimes.default().catch(() => undefined)) === runtime;
  const probe = await ask(runtime, isDefault).catch(toProbe);
  if (!probe.ready) {
    const reason = `${probe.reason} ${probe.remedy}`;
    return { name, status: RuntimeStatus.UNAVAILABLE, reason, isDefault };
  }
  const { device, library, version, threads } = probe.info;
  const status = runtime.isRunning ? RuntimeStatus.READY : RuntimeStatus.IDLE;
  return { name, status, device, library, version, threads, workers, isDefault };
}

@Resolver(() => RuntimeType)
export class RuntimeResolver {
  @Query(() => [RuntimeType], {
    description: 'Every runtime plugin, and why the ones that cannot run cannot.',
  })
  runtimes(@Ctx() context: Context): Promise<RuntimeType[]> {
    return Promise.all(context.embedder.runtimes.list().map((runtime) => describeRuntime(runtime, context)));
  }
}
