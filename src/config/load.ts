import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { z } from 'zod';
import { ClipgraphError } from '../errors/index.js';
import { CONFIG_KEYS, readValue, variableOf, type ConfigKey } from './keys.js';
import { configSchema, type Config, type ConfigInput } from './schema.js';
import { suggestion } from './suggestion.js';

export const CONFIG_FILE = 'clipgraph.yml';

interface Sources {
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

type Tree = Record<string, unknown>;

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function assign(tree: Tree, path: readonly string[], value: unknown): void {
  const [key, ...rest] = path;
  if (rest.length === 0) {
    tree[key] = value;
    return;
  }
  const child = tree[key];
  const branch: Tree = isTree(child) ? child : {};
  tree[key] = branch;
  assign(branch, rest, value);
}

function leavesOf(tree: Tree, path: readonly string[] = []): [string[], unknown][] {
  return Object.entries(tree).flatMap(([key, value]) =>
    isTree(value) ? leavesOf(value, [...path, key]) : [[[...path, key], value] as [string[], unknown]],
  );
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
  return tree;
}

/** `CLIPGRAPH_RUNTIMES_CPU_THREADS` → `runtimes.cpu.threads`; `runtimes.cpu.threads` → the same. */
const PLUGIN_VARIABLE = /^CLIPGRAPH_RUNTIMES_([A-Z0-9]+)_([A-Z0-9_]+)$/;
const PLUGIN_FLAG = /^runtimes\.([^.]+)\.([^.]+)$/;

function readPluginOption(text: string): unknown {
  return readValue(String(readValue(text, 'number')), /^(true|false)$/.test(text) ? 'boolean' : 'number');
}

function keyOfVariable(variable: string): { path: string[]; read: (text: string) => unknown } | undefined {
  const known = CONFIG_KEYS.find(({ path }) => variableOf(path) === variable);
  if (known !== undefined) return { path: [...known.path], read: (text) => readValue(text, known.kind) };
  const plugin = PLUGIN_VARIABLE.exec(variable);
  if (plugin === null) return undefined;
  const option = plugin[2].toLowerCase().replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
  return { path: ['runtimes', plugin[1].toLowerCase(), option], read: readPluginOption };
}

function keyOfFlag(flag: string): ConfigKey | undefined {
  if (PLUGIN_FLAG.test(flag)) return { path: flag.split('.'), kind: 'string', description: '' };
  return CONFIG_KEYS.find(({ path }) => path.join('.') === flag);
}

/**
 * The effective configuration: defaults, then the file, then the environment, then the flags; later wins.
 *
 * @throws BAD_USER_INPUT that names every wrong key or value, where it came from and the nearest known key
 */
export function loadConfig({ file, environment = {}, flags = {} }: Sources = {}): LoadedConfig {
  const tree: Tree = {};
  const origins = new Map<string, string>();
  const warnings: string[] = [];
  const put = (path: readonly string[], value: unknown, origin: string): void => {
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
    if (key === undefined) {
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
  const result = configSchema.safeParse(input);
  if (result.success) return result.data;
  const sentences = result.error.issues.map((issue) => describe(issue, origins));
  throw new ClipgraphError('BAD_USER_INPUT', `The configuration is wrong.\n${sentences.join('\n')}`);
}

function describe(issue: z.core.$ZodIssue, origins: ReadonlyMap<string, string>): string {
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    const siblings = CONFIG_KEYS.filter((key) => key.path.slice(0, issue.path.length).join('.') === path).map(
      (key) => key.path[issue.path.length],
    );
    return issue.keys
      .map((key) => {
        const full = [...issue.path, key].join('.');
        const origin = [...origins].find(([known]) => known === full || known.startsWith(`${full}.`))?.[1];
        return `  ${full}${origin === undefined ? '' : ` (from ${origin})`}: there is no such key.${suggestion(key, siblings)}`;
      })
      .join('\n');
  }
  const origin = origins.get(path);
  return `  ${path}${origin === undefined ? '' : ` (from ${origin})`}: ${issue.message}.`;
}
