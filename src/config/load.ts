import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { z } from 'zod';
import { ClipgraphError } from '../errors/index.js';
import { CONFIG_KEYS, readValue, variableOf, type ConfigKey } from './keys.js';
import { RENAMED, renamedKeysIn } from './renamed.js';
import { configSchema, type Config, type ConfigInput } from './schema.js';
import { suggestion } from './suggestion.js';
import { assign, createTree, isTree, leavesOf, refuseSharedKeys, type Tree } from './tree.js';

export const CONFIG_FILE = 'clipgraph.yml';

/** Where the configuration is read from. */
export interface ConfigSources {
  /** A file that must exist; `clipgraph.yml` in the working directory, if it is there, when absent. */
  readonly file?: string | undefined;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Values from the command line by dotted path: `{ 'server.port': '4001' }`. */
  readonly flags?: Readonly<Record<string, string | boolean>>;
}

export interface LoadedConfig {
  readonly config: Config;
  /** Where each value that is not a default came from, by dotted path. */
  readonly origins: ReadonlyMap<string, string>;
  readonly warnings: readonly string[];
}

function readFileTree(file: string): Tree {
  let tree: unknown;
  try {
    tree = parse(readFileSync(file, 'utf8')) ?? {};
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ClipgraphError('BAD_USER_INPUT', `The configuration file ${file} cannot be read: ${reason}`, {
      cause,
    });
  }
  if (!isTree(tree)) {
    throw new ClipgraphError('BAD_USER_INPUT', `The configuration file ${file} must hold keys and values.`);
  }
  refuseSharedKeys(tree, file);
  return tree;
}

/** `CLIPGRAPH_RUNTIMES_CPU_THREADS` → `runtimes.cpu.threads`; `runtimes.cpu.threads` → the same. */
const PLUGIN_VARIABLE = /^CLIPGRAPH_(RUNTIMES|STORES)_([A-Z0-9]+)_([A-Z0-9_]+)$/;
const PLUGIN_FLAG = /^(?:runtimes|stores)\.([^.]+)\.([^.]+)$/;

function readPluginOption(text: string): unknown {
  return readValue(String(readValue(text, 'number')), /^(true|false)$/.test(text) ? 'boolean' : 'number');
}

function keyOfVariable(variable: string): { path: string[]; read: (text: string) => unknown } | undefined {
  const known = CONFIG_KEYS.find(({ path }) => variableOf(path) === variable);
  if (known !== undefined) return { path: [...known.path], read: (text) => readValue(text, known.kind) };
  const plugin = PLUGIN_VARIABLE.exec(variable);
  if (plugin === null) return undefined;
  const [, kind, name, words] = plugin;
  const option = words.toLowerCase().replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
  return { path: [kind.toLowerCase(), name.toLowerCase(), option], read: readPluginOption };
}

function keyOfFlag(flag: string): ConfigKey | undefined {
  if (PLUGIN_FLAG.test(flag) || RENAMED.has(flag))
    return { path: flag.split('.'), kind: 'string', description: '' };
  return CONFIG_KEYS.find(({ path }) => path.join('.') === flag);
}

/**
 * The effective configuration: defaults, then the file, then the environment, then the flags; later wins.
 *
 * @throws BAD_USER_INPUT that names every wrong key or value, where it came from and the nearest known key
 */
export function loadConfig({ file, environment = {}, flags = {} }: ConfigSources = {}): LoadedConfig {
  const tree = createTree();
  const origins = new Map<string, string>();
  const warnings: string[] = [];
  const put = (path: readonly string[], value: unknown, origin: string): void => {
    const given = createTree();
    assign(given, path, value);
    refuseSharedKeys(given, origin);
    assign(tree, path, value);
    origins.set(path.join('.'), origin);
  };

  const path = file ?? (existsSync(CONFIG_FILE) ? CONFIG_FILE : undefined);
  if (path !== undefined) {
    for (const [keys, value] of leavesOf(readFileTree(path))) put(keys, value, path);
  }
  for (const [variable, text] of Object.entries(environment)) {
    if (!variable.startsWith('CLIPGRAPH_') || text === undefined) continue;
    const key = keyOfVariable(variable);
    const old = [...RENAMED].find(([name]) => variableOf(name.split('.')) === variable);
    if (old !== undefined) {
      put(old[0].split('.'), text, variable); // Refused with its successor, as in the file.
    } else if (key === undefined) {
      const hint = suggestion(
        variable,
        CONFIG_KEYS.map(({ path: known }) => variableOf(known)),
      );
      warnings.push(`The environment variable ${variable} is not known and was ignored.${hint}`);
    } else {
      put(key.path, key.read(text), variable);
    }
  }
  for (const [flag, value] of Object.entries(flags)) {
    const key = keyOfFlag(flag);
    if (key === undefined) {
      const hint = suggestion(
        flag,
        CONFIG_KEYS.map(({ path: known }) => known.join('.')),
      );
      throw new ClipgraphError('BAD_USER_INPUT', `The flag --${flag} is not known.${hint}`);
    }
    const isPlugin = PLUGIN_FLAG.test(flag);
    const read =
      typeof value === 'boolean' ? value : isPlugin ? readPluginOption(value) : readValue(value, key.kind);
    put(key.path, read, `--${flag}`);
  }

  return { config: parseConfig(tree, origins), origins, warnings };
}

/**
 * A configuration with every default filled in.
 *
 * @throws BAD_USER_INPUT that names every wrong key or value and the nearest known key
 */
export function parseConfig(input: ConfigInput, origins: ReadonlyMap<string, string> = new Map()): Config {
  refuseSharedKeys(input, 'the options');
  const renamed = isTree(input) ? renamedKeysIn(input) : [];
  const result = configSchema.safeParse(input);
  if (result.success && renamed.length === 0) return result.data;
  const sentences = [
    ...renamed.map(({ key, successor }) => `  ${key}${from(origins, key)}: it is now ${successor}.`),
    ...(result.error?.issues ?? []).map((issue) => describe(issue, origins)),
  ];
  throw new ClipgraphError(
    'BAD_USER_INPUT',
    `The configuration is wrong.\n${sentences.filter(Boolean).join('\n')}`,
  );
}

/** Where a value came from, or the first of those under it, or the list that it is in. */
function from(origins: ReadonlyMap<string, string>, key: string): string {
  const known = [...origins].find(
    ([other]) => other === key || other.startsWith(`${key}.`) || key.startsWith(`${other}.`),
  );
  return known === undefined ? '' : ` (from ${known[1]})`;
}

function describe(issue: z.core.$ZodIssue, origins: ReadonlyMap<string, string>): string {
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    const siblings = CONFIG_KEYS.filter((key) => key.path.slice(0, issue.path.length).join('.') === path).map(
      (key) => key.path[issue.path.length],
    );
    return issue.keys
      .map((key) => [...issue.path, key].join('.'))
      .filter((key) => !RENAMED.has(key))
      .map((key) => {
        const hint = suggestion(key.slice(path === '' ? 0 : path.length + 1), siblings);
        return `  ${key}${from(origins, key)}: there is no such key.${hint}`;
      })
      .join('\n');
  }
  return `  ${path}${from(origins, path)}: ${issue.message}.`;
}
