import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';
import type { Config } from '../config/index.js';
import { ClipgraphError } from '../errors/index.js';
import type { Grant } from '../graphql/index.js';
import { addressOf, networkOf } from './addresses.js';
import { grantOf, grantWithoutTokens, type Way } from './grants.js';

/** Who asks. */
export interface Client {
  /** The header `Authorization`, or the connection parameter of that name. */
  readonly authorization: string | undefined;
  /** The address that the request came from. */
  readonly address: string;
  readonly way: Way;
}

/** A client that must wait; `retryAfter` in seconds. */
export class RateLimitedError extends ClipgraphError {
  readonly retryAfter: number;

  constructor(retryAfter: number, { requests, seconds }: Config['rateLimit']) {
    super(
      'RATE_LIMITED',
      `More than ${requests} operations in ${seconds} s (rateLimit.requests). Try again in ${retryAfter} s.`,
    );
    this.retryAfter = retryAfter;
  }
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** A token of ours, and what it may do. */
interface Token {
  readonly digest: Buffer;
  readonly grant: Grant;
}

/** Decides who may ask, what for, and how often. */
export class Access {
  readonly #trustProxy: boolean;
  readonly #tokens: readonly Token[];
  readonly #config: Config;
  readonly #rate: Config['rateLimit'];
  readonly #limiter: RateLimiterMemory | undefined;

  constructor(config: Config) {
    const { auth, rateLimit, server } = config;
    this.#config = config;
    this.#trustProxy = server.trustProxy;
    this.#tokens = auth.tokens.map((given) => ({
      digest: digest(typeof given === 'string' ? given : given.token),
      grant: grantOf(given),
    }));
    this.#rate = rateLimit;
    if (rateLimit.requests > 0) {
      this.#limiter = new RateLimiterMemory({ points: rateLimit.requests, duration: rateLimit.seconds });
    }
  }

  /** Who sends a request, or opens a WebSocket with such parameters. */
  clientOf(request: IncomingMessage, parameters: Readonly<Record<string, unknown>> = {}): Client {
    const given = [request.headers.authorization, parameters.authorization, parameters.Authorization];
    return {
      authorization: given.find((value): value is string => typeof value === 'string'),
      address: addressOf(request, this.#trustProxy),
      way: { host: request.headers.host, origin: request.headers.origin },
    };
  }

  get asksForTokens(): boolean {
    return this.#tokens.length > 0;
  }

  /**
   * Whoever sends no token of ours is counted by address, so that nobody guesses at will.
   *
   * @throws UNAUTHENTICATED, RATE_LIMITED
   */
  async authenticate({ authorization, address }: Client): Promise<void> {
    if (this.#tokens.length === 0 || this.#tokenOf(authorization) !== undefined) return;
    await this.#count(networkOf(address));
    throw new ClipgraphError(
      'UNAUTHENTICATED',
      'This server asks for a token: send the header Authorization: Bearer <token>.',
    );
  }

  /**
   * Counts one operation of the client.
   *
   * @throws UNAUTHENTICATED, RATE_LIMITED
   */
  async admit(client: Client): Promise<void> {
    await this.authenticate(client);
    await this.#count(this.keyOf(client));
  }

  /** What stands for a client, however many connections it has: its token's digest, or else the network that it asks from. */
  keyOf({ authorization, address }: Client): string {
    return this.#tokenOf(authorization)?.digest.toString('hex') ?? networkOf(address);
  }

  /** What a client may do with collections. */
  grantOf({ authorization, way }: Client): Grant {
    return this.#tokenOf(authorization)?.grant ?? grantWithoutTokens(this.#config, way);
  }

  async #count(key: string): Promise<void> {
    try {
      await this.#limiter?.consume(key);
    } catch (refusal) {
      if (refusal instanceof Error) throw refusal;
      const { msBeforeNext } = refusal as RateLimiterRes;
      throw new RateLimitedError(Math.max(1, Math.ceil(msBeforeNext / 1000)), this.#rate);
    }
  }

  /** The token that was sent, if it is one of ours, compared in constant time. */
  #tokenOf(authorization = ''): Token | undefined {
    const sent = digest(/^Bearer +(\S+) *$/i.exec(authorization)?.[1] ?? '');
    return this.#tokens.find((token) => timingSafeEqual(token.digest, sent));
  }
}
