import type { Dispatcher, Response } from 'undici';
import { VERSION } from '../../config/index.js';
import { ClipgraphError } from '../../errors/index.js';
import { basic } from './basic-auth.js';
import { proxyFor } from './proxy.js';
import type { HubSettings } from './settings.js';

export type { Response } from 'undici';

const MAX_REDIRECTS = 5;

export interface HubRequest {
  readonly method?: 'GET' | 'HEAD';
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** `hub`: a redirect to another host is the answer; `anywhere`: it is followed. */
  readonly reach: 'hub' | 'anywhere';
  readonly signal: AbortSignal;
}

/** One for each proxy of this program: it keeps its connections. */
const proxies = new Map<string, Promise<Dispatcher>>();

/** Loaded when the first request is made: most starts find their model in the cache. */
async function throughProxy(proxy: URL): Promise<Dispatcher> {
  const { ProxyAgent } = await import('undici');
  const token =
    proxy.username === ''
      ? undefined
      : basic(decodeURIComponent(proxy.username), decodeURIComponent(proxy.password));
  // A plain request goes to the proxy as such; only what is encrypted needs a tunnel.
  return new ProxyAgent({ uri: proxy.origin, proxyTunnel: false, ...(token !== undefined && { token }) });
}

function dispatcherFor(url: URL, env: HubSettings['environment']): Promise<Dispatcher> | undefined {
  const proxy = proxyFor(url, env);
  if (proxy === undefined) return undefined;
  const known = proxies.get(proxy.href) ?? throughProxy(proxy);
  proxies.set(proxy.href, known);
  return known;
}

/**
 * One request, redirects followed by hand: what says who asks goes to the hub only.
 *
 * @throws MODEL_UNAVAILABLE for redirects that are not followed; TypeError when the connection fails
 */
export async function request(
  url: string,
  { method = 'GET', headers = {}, reach, signal }: HubRequest,
  { endpoint, authorization, environment }: HubSettings,
): Promise<Response> {
  const { fetch } = await import('undici');
  const hub = new URL(endpoint).origin;
  let target = new URL(url);
  for (let redirects = 0; ; redirects++) {
    const dispatcher = await dispatcherFor(target, environment);
    const response = await fetch(target, {
      method,
      redirect: 'manual',
      signal,
      ...(dispatcher !== undefined && { dispatcher }),
      headers: {
        'user-agent': `clipgraph/${VERSION}; node/${process.versions.node}`,
        'accept-encoding': 'identity',
        ...headers,
        ...(target.origin === hub && authorization !== undefined && { authorization }),
      },
    });
    const location = response.headers.get('location');
    if (response.status < 300 || response.status >= 400 || location === null) return response;
    const next = new URL(location, target);
    if (reach === 'hub' && next.origin !== target.origin) return response;
    await response.body?.cancel();
    if (redirects === MAX_REDIRECTS || !/^https?:$/.test(next.protocol)) {
      throw new ClipgraphError('MODEL_UNAVAILABLE', 'The hub redirects too often, or to what is not HTTP.');
    }
    if (target.protocol === 'https:' && next.protocol === 'http:') {
      throw new ClipgraphError('MODEL_UNAVAILABLE', 'The hub redirects from https to http.');
    }
    target = next;
  }
}
