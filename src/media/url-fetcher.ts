import dns from 'node:dns';
import type { IncomingMessage } from 'node:http';
import https from 'node:https';
import type { LookupFunction } from 'node:net';
import { ClipgraphError } from '../errors/index.js';
import type { ByteShare } from './byte-budget.js';
import { ByteCollector } from './byte-collector.js';
import { isSpecialAddress } from './special-addresses.js';

interface UrlFetcherOptions {
  /** Hosts that may be fetched from: `example.com`, `example.com:8443`, `*.example.com` for those below it, or `*`. */
  readonly allow: readonly string[];
  /** Addresses that are let through although they are not public. */
  readonly allowAddresses: readonly string[];
  readonly maxRedirects: number;
  /** Milliseconds for one picture, its redirects included. */
  readonly timeoutMs: number;
  readonly maxBytes: number;
  /** How names are resolved; the system's way if absent. */
  readonly lookup?: LookupFunction;
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** Connections open at once, to all hosts. */
const MAX_SOCKETS = 32;

function notAllowed(message: string): ClipgraphError {
  return new ClipgraphError('URL_NOT_ALLOWED', message);
}

function notPublic(): ClipgraphError {
  return notAllowed('The URL leads to an address that is not public.');
}

function failed(message: string, cause?: unknown): ClipgraphError {
  return new ClipgraphError('FETCH_FAILED', `The picture could not be fetched: ${message}.`, { cause });
}

function tooLarge(maxBytes: number): ClipgraphError {
  const message = `The picture at the URL has more than ${maxBytes} bytes (limits.maxImageBytes).`;
  return new ClipgraphError('IMAGE_TOO_LARGE', message);
}

/** Whether an entry of the list stands for this host, as `URL` writes it, with its port unless that is 443. */
function matches(entry: string, host: string): boolean {
  const pattern = entry.toLowerCase();
  if (pattern === '*') return true;
  return pattern.startsWith('*.') ? host.endsWith(pattern.slice(1)) : host === pattern;
}

/** Fetches pictures, from nowhere but where the configuration allows, and never from inside the network. */
export class UrlFetcher {
  readonly #options: UrlFetcherOptions;
  readonly #agent = new https.Agent({
    keepAlive: false, // Every connection is checked anew.
    maxTotalSockets: MAX_SOCKETS,
  });

  constructor(options: UrlFetcherOptions) {
    this.#options = options;
  }

  /**
   * The bytes at an address. Each redirect is checked like the first address, and every address that a name resolves to
   * when the connection is made.
   *
   * @param share that its bytes are drawn from as they arrive
   * @throws URL_NOT_ALLOWED, FETCH_FAILED, IMAGE_TOO_LARGE; OVERLOADED where there is no room for them
   */
  async fetch(address: string, signal: AbortSignal, share: ByteShare): Promise<Uint8Array> {
    let url = this.#check(address);
    const { timeoutMs, maxRedirects } = this.#options;
    const timeout = AbortSignal.timeout(timeoutMs);
    const either = AbortSignal.any([signal, timeout]);
    try {
      for (let redirects = 0; ; redirects++) {
        const response = await this.#request(url, either);
        const { statusCode = 0, headers } = response;
        if (!REDIRECTS.has(statusCode) || headers.location === undefined) {
          if (statusCode === 200) return await this.#read(response, share);
          response.destroy();
          throw failed(`its server answered with status ${statusCode} where 200 was expected`);
        }
        response.destroy();
        if (redirects === maxRedirects) {
          throw failed(`it is redirected more than ${maxRedirects} times (images.urls.maxRedirects)`);
        }
        url = this.#check(headers.location, url);
      }
    } catch (cause) {
      if (cause instanceof ClipgraphError) throw cause;
      signal.throwIfAborted();
      if (timeout.aborted) throw failed(`it took longer than ${timeoutMs} ms (images.urls.timeoutMs)`, cause);
      throw failed('its server cannot be reached, or broke off', cause);
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  #check(address: string, base?: URL): URL {
    const { allow } = this.#options;
    if (allow.length === 0) {
      throw notAllowed(
        'This server fetches no URLs. Send the picture itself, or have its host added to images.urls.allow.',
      );
    }
    if (!URL.canParse(address, base?.href)) throw notAllowed('This is not a URL.');
    const url = new URL(address, base);
    const where = base === undefined ? 'The URL' : 'The URL is redirected to one that';
    if (url.protocol !== 'https:') throw notAllowed(`${where} does not begin with https:.`);
    if (url.username !== '' || url.password !== '')
      throw notAllowed(`${where} holds a user name or password.`);
    if (!allow.some((entry) => matches(entry, url.host))) {
      throw notAllowed(`${where} has a host, or a port, that is not in images.urls.allow.`);
    }
    // An address is not looked up: only this sees it.
    if (this.#isRefused(url.hostname.replace(/^\[|\]$/g, ''))) throw notPublic();
    return url;
  }

  #isRefused(address: string): boolean {
    return isSpecialAddress(address) && !this.#options.allowAddresses.includes(address);
  }

  /** Resolves a name as its connection is made: whatever it resolved to before, none of its addresses may be refused. */
  readonly #lookup: LookupFunction = (hostname, options, callback) => {
    const { lookup = dns.lookup } = this.#options;
    lookup(hostname, options, (error, address, family) => {
      const found =
        error === null
          ? [address].flat().map((entry) => (typeof entry === 'string' ? entry : entry.address))
          : [];
      callback(found.some((entry) => this.#isRefused(entry)) ? notPublic() : error, address, family);
    });
  };

  #request(url: URL, signal: AbortSignal): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const headers = { accept: 'image/*', 'accept-encoding': 'identity', 'user-agent': 'clipgraph' };
      const options = { agent: this.#agent, signal, headers, lookup: this.#lookup };
      https.get(url, options, resolve).once('error', reject);
    });
  }

  async #read(response: IncomingMessage, share: ByteShare): Promise<Uint8Array> {
    const { maxBytes } = this.#options;
    if (Number(response.headers['content-length'] ?? 0) > maxBytes) {
      response.destroy();
      throw tooLarge(maxBytes);
    }
    const collector = new ByteCollector();
    for await (const chunk of response as AsyncIterable<Buffer>) {
      if (collector.size + chunk.length > maxBytes) throw tooLarge(maxBytes); // Leaving the loop destroys the response.
      share.take(chunk.length);
      collector.push(chunk);
    }
    return collector.concat();
  }
}
