import type { Config } from '../config/index.js';
import type { Grant } from '../graphql/index.js';

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/;

/** Whether a server listens to this machine alone. */
export function isOnLoopback({ host }: Pick<Config['server'], 'host'>): boolean {
  return LOOPBACK.test(host);
}

const BY_SCOPE = ['admin', 'write', 'read'] as const;

/** What a token of the configuration may do. */
export function grantOf(token: Config['auth']['tokens'][number]): Grant {
  const { scopes, collections } = typeof token === 'string' ? { scopes: ['read'] as const } : token;
  const scope = BY_SCOPE.find((each) => (scopes as readonly string[]).includes(each)) ?? 'read';
  return {
    scope,
    collections: collections && new Set(collections),
    remedy: `The token has ${scope}: the operator sets scopes under auth.tokens.`,
  };
}

/** What anybody may do where no token is asked for: change nothing, unless nobody but this machine can ask. */
export function grantWithoutTokens(server: Config['server']): Grant {
  return {
    // A proxy that is trusted stands for others.
    scope: isOnLoopback(server) && !server.trustProxy ? 'admin' : 'read',
    remedy:
      'Without tokens, changes are allowed only while the server listens on loopback, and behind no proxy: set auth.tokens.',
  };
}
