import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

/** Where the hub is, who asks, and where its files are kept: as `huggingface_hub` of Python takes it from the environment. */
export interface HubSettings {
  /** Without a slash at the end. */
  readonly endpoint: string;
  readonly token: string | undefined;
  /** The folder that holds one folder a repository. */
  readonly cacheFolder: string;
  readonly isOffline: boolean;
}

const TRUE = new Set(['1', 'ON', 'YES', 'TRUE']);

type Environment = Readonly<Record<string, string | undefined>>;

function expandHome(folder: string): string {
  return folder.replace(/^~(?=$|[\\/])/, homedir());
}

function isOn(value: string | undefined): boolean {
  return TRUE.has((value ?? '').toUpperCase());
}

/** An empty variable is one that is not set. */
function firstSet(env: Environment, ...names: readonly string[]): string | undefined {
  return names.map((name) => env[name]?.trim()).find((value) => value !== undefined && value !== '');
}

/** The token that `hf auth login` has stored. */
function storedToken(file: string): string | undefined {
  if (!existsSync(file)) return undefined;
  const token = readFileSync(file, 'utf8').trim();
  return token === '' ? undefined : token;
}

/**
 * Reads `HF_ENDPOINT`, `HF_TOKEN`, `HF_TOKEN_PATH`, `HF_HOME`, `HF_HUB_CACHE`, `HF_HUB_OFFLINE` and the older names that
 * Python's client still knows. Source: huggingface_hub/constants.py.
 */
export function hubSettings(env: Environment = process.env): HubSettings {
  const cache = firstSet(env, 'XDG_CACHE_HOME') ?? path.join(homedir(), '.cache');
  const home = expandHome(firstSet(env, 'HF_HOME') ?? path.join(cache, 'huggingface'));
  const tokenFile = expandHome(firstSet(env, 'HF_TOKEN_PATH') ?? path.join(home, 'token'));
  const isImplicit = !isOn(env.HF_HUB_DISABLE_IMPLICIT_TOKEN);
  return {
    endpoint: (firstSet(env, 'HF_ENDPOINT') ?? 'https://huggingface.co').replace(/\/+$/, ''),
    token: isImplicit
      ? (firstSet(env, 'HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN') ?? storedToken(tokenFile))
      : undefined,
    cacheFolder: expandHome(firstSet(env, 'HF_HUB_CACHE', 'HUGGINGFACE_HUB_CACHE') ?? path.join(home, 'hub')),
    isOffline: isOn(env.HF_HUB_OFFLINE) || isOn(env.TRANSFORMERS_OFFLINE),
  };
}
