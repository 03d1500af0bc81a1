type Environment = Readonly<Record<string, string | undefined>>;

/** A variable in lower case wins over the one in capitals, as in Python. */
function variable(env: Environment, name: string): string | undefined {
  const value = env[name.toLowerCase()] ?? env[name.toUpperCase()];
  return value === undefined || value.trim() === '' ? undefined : value.trim();
}

/**
 * Whether a host is to be reached without a proxy: `no_proxy` is `*`, or names the host, a domain it is in (with or without a dot before),
 * either with a port or without. Source: Python's urllib.request.proxy_bypass_environment, which huggingface_hub's
 * clients follow.
 */
function isBypassed(noProxy: string, { hostname, host }: URL): boolean {
  if (noProxy.trim() === '*') return true;
  const bare = hostname.replace(/^\[|\]$/g, '').toLowerCase();
  return noProxy.split(',').some((entry) => {
    const name = entry
      .trim()
      .toLowerCase()
      .replace(/^\*?\./, '');
    if (name === '') return false;
    return [bare, host.toLowerCase()].some((known) => known === name || known.endsWith(`.${name}`));
  });
}

/**
 * The proxy that a request goes through: `HTTPS_PROXY`, `HTTP_PROXY` or `ALL_PROXY`, unless `NO_PROXY` names its host.
 *
 * @returns undefined for a direct connection
 */
export function proxyFor(url: URL, env: Environment): URL | undefined {
  const noProxy = variable(env, 'no_proxy');
  if (noProxy !== undefined && isBypassed(noProxy, url)) return undefined;
  const stated = variable(env, `${url.protocol.slice(0, -1)}_proxy`) ?? variable(env, 'all_proxy');
  if (stated === undefined) return undefined;
  const withScheme = /^[a-z][\w+.-]*:\/\//i.test(stated) ? stated : `http://${stated}`;
  const proxy = URL.canParse(withScheme) ? new URL(withScheme) : undefined;
  if (proxy === undefined || !/^https?:$/.test(proxy.protocol)) {
    // Not the value: it may hold a password.
    throw new TypeError(
      'the proxy of HTTPS_PROXY, HTTP_PROXY or ALL_PROXY is no address like http://proxy.example.com:3128',
    );
  }
  return proxy;
}
