/**
 * Work in steps that each take a millisecond or so: between two of them whoever runs it may do something else, or stop.
 * The core itself knows no event loop.
 */
export type Steps<Result> = Generator<undefined, Result, undefined>;

/** The result of all steps, one right after the other. */
export function atOnce<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}
