import { ClipgraphError } from '../errors/index.js';

/** Keys and values without a prototype: whatever a key is called, it is a key. */
export type Tree = Record<string, unknown>;

/** Keys by which an object reaches what all objects share. */
const SHARED_KEYS: readonly string[] = ['__proto__', 'constructor', 'prototype'];

export function createTree(): Tree {
  return Object.create(null) as Tree;
}

export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Sets the value at a path, making the branches that lead there. */
export function assign(tree: Tree, path: readonly string[], value: unknown): void {
  const [key, ...rest] = path;
  if (rest.length === 0) {
    tree[key] = value;
    return;
  }
  const child = tree[key];
  const branch: Tree = isTree(child) ? child : createTree();
  tree[key] = branch;
  assign(branch, rest, value);
}

/** Every value that is no tree, with its path. */
export function leavesOf(tree: Tree, path: readonly string[] = []): [path: string[], value: unknown][] {
  return Object.entries(tree).flatMap(([key, value]) =>
    isTree(value) ? leavesOf(value, [...path, key]) : [[[...path, key], value] as [string[], unknown]],
  );
}

/** The value at a path; undefined where a branch is missing. */
export function valueAt(tree: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (branch, key) => (isTree(branch) && Object.hasOwn(branch, key) ? branch[key] : undefined),
    tree,
  );
}

/**
 * @param origin where the value came from, for the message
 * @throws BAD_USER_INPUT for a key, however deep, that would change what all objects share
 */
export function refuseSharedKeys(
  value: unknown,
  origin: string,
  path: readonly string[] = [],
  seen = new Set<unknown>(),
): void {
  if (typeof value !== 'object' || value === null || seen.has(value)) return;
  seen.add(value);
  for (const [key, child] of Object.entries(value)) {
    const place = [...path, key];
    if (SHARED_KEYS.includes(key)) {
      throw new ClipgraphError(
        'BAD_USER_INPUT',
        `The configuration is wrong.\n  ${place.join('.')} (from ${origin}): no key may be called ${key}.`,
      );
    }
    refuseSharedKeys(child, origin, place, seen);
  }
}
