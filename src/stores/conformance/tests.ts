import type { ConformanceTest } from '../../runtime/conformance/checks.js';
import { inSetting, type Setting, type StoreConformanceSubject } from './place.js';

/** One requirement of a store. */
export interface StoreConformanceTest extends ConformanceTest {
  /** Whether it takes 100,000 rows: a runner may leave that to its long run. */
  readonly isLarge: boolean;
}

export type TestsOf = (subject: StoreConformanceSubject) => StoreConformanceTest[];

/** Tests by their names, each in a place of its own. */
export function tests(
  works: Readonly<Record<string, (setting: Setting) => Promise<void>>>,
  { isLarge = false }: { readonly isLarge?: boolean } = {},
): TestsOf {
  return (subject) =>
    Object.entries(works).map(([name, work]) => ({ name, isLarge, run: () => inSetting(subject, work) }));
}
