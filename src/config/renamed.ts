import type { Tree } from './tree.js';
import { leavesOf } from './tree.js';

/**
 * Keys of earlier versions, with what there is instead; docs/upgrading.md has each with before and after. A key of a group stands
 * for all that is under it.
 */
export const RENAMED: ReadonlyMap<string, string> = new Map([
  // It bounded nothing: onnxruntime-node never handed it on.
  ['runtimes.cuda.deviceMemoryMb', 'memory.maxModelBytes (the bytes of weights that a worker holds)'],
]);

/** A key that is not there any more, and what is there instead. */
export interface Renamed {
  readonly key: string;
  readonly successor: string;
}

/** The keys of a configuration that were renamed or moved. */
export function renamedKeysIn(tree: Tree, table: ReadonlyMap<string, string> = RENAMED): Renamed[] {
  const found = new Map<string, string>();
  for (const [path] of leavesOf(tree)) {
    for (let length = path.length; length > 0; length--) {
      const key = path.slice(0, length).join('.');
      const successor = table.get(key);
      if (successor !== undefined) found.set(key, successor);
    }
  }
  return [...found].map(([key, successor]) => ({ key, successor }));
}
