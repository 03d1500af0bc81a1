import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { cacheHome, expandHome, firstSet } from '../../config/index.js';
import { ClipgraphError } from '../../errors/index.js';
import { basic } from './basic-auth.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where the hub is, who asks, and where its files are kept: as `huggingface_hub` of Python takes it from the environment. */
export interface HubSettings {
  /** Without a slash at the end, and without credentials. */
  readonly endpoint: string;
  /** What the hub is sent as the Authorization header: the credentials of the endpoint, else the token. */
  readonly authorization: string | undefined;
  /** The folder that holds one folder a repository; undefined for an account without a home that states none. */
  readonly cacheFolder: string | undefined;
  readonly isOffline: boolean;
  /** Where the proxies are named. */
  readonly environment: Environment;
}

const TRUE = new Set(['1', 'ON', 'YES', 'TRUE']);

function isOn(value: string | undefined): boolean {
  return TRUE.has((value ?? '').toUpperCase());
}

/** The token that `hf auth login` has stored; one that this account may not read is none. */
function storedToken(file: string | undefined): string | undefined {
  if (file === undefined || !existsSync(file)) return undefined;
  try {
    const token = readFileSync(file, 'utf8').trim();
    return token === '' ? undefined : token;
  } catch {
    return undefined;
  }
}

/**
 * An address and what it says before the `@`, apart: no message may hold a password.
 *
 * @throws BAD_USER_INPUT for what is no address
 */
function readEndpoint(stated: string): { endpoint: string; credentials: string | undefined } {
  const url = URL.canParse(stated) ? new URL(stated) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    // Not the value: it may hold a password.
    const message =
      'HF_ENDPOINT is no address of a hub. Set it to one like https://huggingface.co, or unset it.';
    throw new ClipgraphError('BAD_USER_INPUT', message);
  }
  const { username, password } = url;
  const endpoint = `${url.origin}${url.pathname}`.replace(/\/+$/, '');
  const isNamed = username !== '' || password !== '';
  return {
    endpoint,
    credentials: isNamed ? basic(decodeURIComponent(username), decodeURIComponent(password)) : undefined,
  };
}

/**
 * Reads `HF_ENDPOINT`, `HF_TOKEN`, `HF_TOKEN_PATH`, `HF_HOME`, `HF_HUB_CACHE`, `HF_HUB_OFFLINE` and the older names that
 * Python's client still knows. Source: huggingface_hub/constants.py; that an address's credentials win over the token is
 * its HTTP client's rule.
 *
 * @throws BAD_USER_INPUT for an endpoint that is no address
 */
export function hubSettings(env: Environment = process.env): HubSettings {
  const cache = cacheHome(env);
  const stated = firstSet(env, 'HF_HOME');
  const home = stated === undefined ? cache && path.join(cache, 'huggingface') : expandHome(stated);
  const tokenPath = firstSet(env, 'HF_TOKEN_PATH');
  const tokenFile = tokenPath === undefined ? home && path.join(home, 'token') : expandHome(tokenPath);
  const hubCache = firstSet(env, 'HF_HUB_CACHE', 'HUGGINGFACE_HUB_CACHE');
  const token = isOn(env.HF_HUB_DISABLE_IMPLICIT_TOKEN)
    ? undefined
    : (firstSet(env, 'HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN') ?? storedToken(tokenFile));
  const { endpoint, credentials } = readEndpoint(firstSet(env, 'HF_ENDPOINT') ?? 'https://huggingface.co');
  return {
    endpoint,
    authorization: credentials ?? (token && `Bearer ${token}`),
    cacheFolder: hubCache === undefined ? home && path.join(home, 'hub') : expandHome(hubCache),
    isOffline: isOn(env.HF_HUB_OFFLINE) || isOn(env.TRANSFORMERS_OFFLINE),
    environment: env,
  };
}
