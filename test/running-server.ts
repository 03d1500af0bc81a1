import { createClient, type Client, type ClientOptions } from 'graphql-ws';
import pino from 'pino';
import { WebSocket } from 'ws';
import { configSchema, type ConfigInput } from '../src/config/index.js';
import { startServer, type ClipgraphServer } from '../src/server/index.js';
import type { TypedDocumentString } from './generated/client.js';

interface GraphQLAnswer<Result> {
  readonly data?: Result | null;
  readonly errors?: readonly {
    readonly message: string;
    readonly extensions: {
      readonly code: string;
      readonly input?: { argument: string; index: number };
      readonly id?: string;
    };
  }[];
}

/** A server on a free port, asked over HTTP. */
export interface RunningServer extends ClipgraphServer {
  /** Sends a typed operation. */
  ask<Result, Variables>(
    operation: TypedDocumentString<Result, Variables>,
    variables: Variables,
  ): Promise<GraphQLAnswer<Result> & { readonly status: number }>;
  /** Sends any document. */
  post(
    query: string,
    variables?: object,
    headers?: Record<string, string>,
  ): Promise<GraphQLAnswer<Record<string, unknown>> & { readonly status: number }>;
}

/** Asks until there is data: a new process may need longer to start, on a busy machine, than a short time limit allows. */
export async function askUntilAnswered<Result>(
  ask: () => Promise<GraphQLAnswer<Result>>,
  tries = 10,
): Promise<Result> {
  for (let i = 1; ; i++) {
    const { data, errors } = await ask();
    if (data != null) return data;
    if (i === tries) throw new Error(`No answer after ${tries} tries: ${errors?.[0].message}`);
  }
}

/** A client over WebSocket; give it up with `dispose()`. */
export function connect({ url }: ClipgraphServer, options: Partial<ClientOptions> = {}): Client {
  return createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    ...options,
  });
}

export async function runServer(config: ConfigInput = {}): Promise<RunningServer> {
  const parsed = configSchema.parse({ ...config, server: { ...config.server, port: 0 } });
  const server = await startServer(parsed, pino({ level: 'silent' }));
  const post = async (query: string, variables: object = {}, headers: Record<string, string> = {}) => {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query, variables }),
    });
    return { status: response.status, ...((await response.json()) as GraphQLAnswer<never>) };
  };
  return {
    ...server,
    post,
    ask: (operation, variables) => post(operation.toString(), variables as object),
  };
}
