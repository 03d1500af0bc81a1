import { spawnSync } from 'node:child_process';
import { saySkipped } from './say-skipped.js';

/** Of `nobody`, on Debian and most others. */
const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;

/** Does something without root's rights: where a program is root, nothing is locked to it. */
export async function withoutRoot<Result>(work: () => Promise<Result>): Promise<Result> {
  if (!isRoot) return work();
  process.seteuid?.(NOBODY);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}

/** What a program is started with so that even root may not read what is locked. Source: capabilities(7). */
const WITHOUT_RIGHTS = ['inh-caps', 'bounding-set'].map((set) => `--${set}=-dac_override,-dac_read_search`);

/** Before a command, so that files without rights are locked to it; undefined where this system cannot do that. */
export function lockedOut(): readonly string[] | undefined {
  if (process.getuid === undefined) return undefined;
  if (!isRoot) return [];
  const prefix = ['setpriv', ...WITHOUT_RIGHTS];
  if (spawnSync(prefix[0], [...prefix.slice(1), 'true']).status === 0) return prefix;
  saySkipped('setpriv is not here, or may not take rights away: what is locked is not tried as root.');
  return undefined;
}
