import { ClipgraphError, type ErrorCode } from '../../errors/index.js';

/** One requirement. `run` throws where the plugin falls short. */
export interface ConformanceTest {
  readonly name: string;
  run(): Promise<void>;
}

export function check(isRight: boolean, message: () => string): void {
  if (!isRight) throw new Error(message());
}

/** Whether work ends in one of these codes. */
export async function expectCode(work: Promise<unknown>, codes: readonly ErrorCode[]): Promise<void> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  const code = error instanceof ClipgraphError ? error.code : undefined;
  check(
    code !== undefined && codes.includes(code),
    () => `expected ${codes.join(' or ')}, got ${error instanceof Error ? error.message : 'an answer'}`,
  );
}
