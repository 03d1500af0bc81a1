import type { Config } from '../config/index.js';
import { ACCESS_SCOPES, type Grant } from '../graphql/index.js';

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/;

/** Whether a server listens to this machine alone. */
export function isOnLoopback({ host }: Pick<Config['server'], 'host'>): boolean {
  return LOOPBACK.test(host);
}

/** A token that is given alone. */
const PLAIN: Omit<Exclude<Config['auth']['tokens'][number], string>, 'token'> = { scopes: ['read'] };

/** What a token of the configuration may do. */
export function grantOf(token: Config['auth']['tokens'][number]): Grant {
  const { name, scopes, collections } = typeof token === 'string' ? PLAIN : token;
  const scope = ACCESS_SCOPES.findLast((each) => scopes.includes(each)) ?? 'read';
  return {
    name,
    scope,
    collections: collections && new Set(collections),
    remedy: `The token has ${scope}: the operator sets scopes under auth.tokens.`,
  };
}

/** How a request reached the server. */
export interface Way {
  /** The header `Host`: by what name the client knows the server. */
  readonly host: string | undefined;
  /** Of the page that asks, if one does. */
  readonly origin: string | undefined;
}

function hostnameOf(address: string): string | undefined {
  return URL.canParse(address) ? new URL(address).hostname.replace(/^\[|\]$/g, '') : undefined;
}

function isHere(address: string): boolean {
  return LOOPBACK.test(hostnameOf(address) ?? '');
}

/**
 * What anybody may do where no token is asked for: change nothing, unless nobody but this machine can ask. A page of another
 * site that a browser of this machine shows is not this machine: not one that gave its own name the address of this server, and
 * not where every origin may read.
 */
export function grantWithoutTokens({ server, cors }: Config, { host, origin }: Way): Grant {
  // A proxy that is trusted stands for others.
  const isAlone = isOnLoopback(server) && !server.trustProxy && isHere(`http://${host ?? ''}`);
  const isOwnPage = origin === undefined || isHere(origin) || cors.origins.includes(origin);
  return {
    scope: isAlone && isOwnPage ? 'admin' : 'read',
    remedy:
      'Without tokens, changes are allowed only from this machine, while the server listens on loopback and behind no proxy: set auth.tokens.',
  };
}
