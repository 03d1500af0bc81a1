import { homedir } from 'node:os';
import path from 'node:path';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The first of some variables that is set; an empty one is one that is not. */
export function firstSet(env: Environment, ...names: readonly string[]): string | undefined {
  return names.map((name) => env[name]?.trim()).find((value) => value !== undefined && value !== '');
}

/** The account's home; undefined for one that has none, such as a number that no passwd knows. */
export function homeFolder(): string | undefined {
  try {
    return homedir();
  } catch {
    return undefined; // uv_os_homedir returned ENOENT.
  }
}

/** `~` and `~/models` in the account's home; any other path as it is. */
export function expandHome(folder: string): string {
  const home = homeFolder();
  return home === undefined ? folder : folder.replace(/^~(?=$|[\\/])/, () => home);
}

/**
 * The folder for what can be made or fetched again: `XDG_CACHE_HOME`, else `.cache` in the account's home.
 * Source: XDG Base Directory Specification.
 *
 * @returns undefined where neither is there: a folder that others can guess under the temporary one is not to be trusted
 */
export function cacheHome(env: Environment = process.env): string | undefined {
  const home = homeFolder();
  return firstSet(env, 'XDG_CACHE_HOME') ?? (home && path.join(home, '.cache'));
}

/**
 * The folder for what is to be kept: `XDG_DATA_HOME`, else `.local/share` in the account's home.
 * Source: XDG Base Directory Specification.
 *
 * @returns undefined where neither is there
 */
export function dataHome(env: Environment = process.env): string | undefined {
  const home = homeFolder();
  return firstSet(env, 'XDG_DATA_HOME') ?? (home && path.join(home, '.local', 'share'));
}
