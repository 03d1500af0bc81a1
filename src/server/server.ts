import { randomUUID } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import express from 'express';
import type { Logger } from 'pino';
import { parseConfig, type Config, type ConfigInput } from '../config/index.js';
import { openEngine, type Embedder, type Engine } from '../engine/index.js';
import { ClipgraphError } from '../errors/index.js';
import type { PullProgress } from '../models/index.js';
import { ApolloServer, ApolloServerPluginDrainHttpServer } from '../graphql/apollo.js';
import {
  createSchema,
  DocumentReader,
  formatError,
  PermittedCollections,
  type Context,
} from '../graphql/index.js';
import { Access, type Client } from './access.js';
import { stringifyAnswer } from './answers.js';
import { Connections } from './connections.js';
import { crossOrigin, ownQueriesByGet } from './cross-origin.js';
import { graphqlEndpoint } from './endpoint.js';
import { isOnLoopback } from './grants.js';
import { explorerPlugin, explorerRoutes } from './explorer.js';
import { noteFirstBytes } from './first-byte.js';
import { Health } from './health.js';
import { createLog } from './log.js';
import { Metrics } from './metrics.js';
import { operationReporter } from './operations.js';
import { pageRoutes } from './page.js';
import {
  admission,
  authentication,
  earlyErrors,
  lingering,
  nothingHere,
  requestIds,
  requestPolicy,
} from './requests.js';
import { securityHeaders } from './security-headers.js';
import { answerUnreadable } from './unreadable.js';
import { Thumbnails } from './thumbnails.js';
import { serveWebSocket } from './websocket.js';

export interface ClipgraphServer {
  /** Where it listens: `http://127.0.0.1:4000`. */
  readonly url: string;
  readonly embedder: Embedder;
  /**
   * Answers what is under way, then ends everything that was started.
   *
   * @param options.drainMs milliseconds before, in which `/health/ready` says 503 while requests are still answered, so
   *   that a balancer sends them elsewhere; 0 if absent
   */
  close(options?: { readonly drainMs?: number }): Promise<void>;
}

function listen(server: http.Server, { host, port }: Config['server']): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const message =
        cause.code === 'EADDRINUSE'
          ? `Port ${port} is taken on ${host}. Choose another one with --port, or end the program that has it.`
          : `Cannot listen on ${host}, port ${port}: ${cause.message}.`;
      reject(new ClipgraphError('BAD_USER_INPUT', message, { cause }));
    });
    server.listen(port, host, resolve);
  });
}

function urlOf(server: http.Server): string {
  const { address, port, family } = server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

/** Milliseconds in which the head of a request must have come. */
const HEAD_MS = 15_000;
/** How often Node looks for what comes too slowly. */
const CHECK_MS = 500;

/** Node's own limits stand behind those of the requests: they end what never becomes one. */
function createHttpServer(app: http.RequestListener, { server, limits }: Config): http.Server {
  const httpServer = http.createServer(
    {
      headersTimeout: Math.min(HEAD_MS, limits.timeoutMs),
      requestTimeout: limits.timeoutMs + HEAD_MS,
      connectionsCheckingInterval: CHECK_MS,
    },
    app,
  );
  noteFirstBytes(httpServer);
  answerUnreadable(httpServer);
  httpServer.keepAliveTimeout = server.keepAliveMs;
  return httpServer;
}

/**
 * Starts the server and the default runtime.
 *
 * @param given what `clipgraph.yml` may hold
 * @param givenLog where its log goes; JSON lines on standard error if absent
 * @param progress told how models get on that have to be fetched; the log is, if absent
 * @throws BAD_USER_INPUT for a wrong configuration; RUNTIME_UNAVAILABLE when no configured runtime can run here; what opening the models throws
 */
export async function startServer(
  given: ConfigInput = {},
  givenLog?: Logger,
  progress?: PullProgress,
): Promise<ClipgraphServer> {
  const config = parseConfig(given);
  const log = givenLog ?? createLog(config.log);
  const metrics = new Metrics();
  const engine = await openEngine(config, log, {
    progress,
    onBatch: (runtime, report) => {
      metrics.batch(runtime, report);
    },
    onPrepared: (report) => {
      metrics.preparation.prepared(report);
    },
    onPreparationLost: (loss) => {
      metrics.preparation.lost(loss);
    },
    onSearch: (report) => {
      metrics.collections.searched(report);
    },
    onAdded: (report) => {
      metrics.collections.added(report);
    },
  });
  const { embedder } = engine;
  metrics.watch(embedder);
  try {
    await embedder.runtimes.default();
    if (config.memory.preload) await embedder.preload();
    return await serve(config, engine, metrics, log);
  } catch (error) {
    await closeEngine(engine);
    throw error;
  }
}

async function closeEngine({ collections, embedder }: Engine): Promise<void> {
  await collections.close();
  await embedder.close();
}

async function serve(
  config: Config,
  engine: Engine,
  metrics: Metrics,
  log: Logger,
): Promise<ClipgraphServer> {
  const { embedder } = engine;
  const { explorer, host } = config.server;
  const { timeoutMs } = config.limits;
  const startedAt = performance.now();
  const access = new Access(config);
  const { budget } = embedder;
  const report = operationReporter(log, metrics);
  const format = formatError((id, error) => {
    log.error({ id, err: error }, 'unexpected error');
  });
  const thumbnails = new Thumbnails(config.server);
  const createContext = (signal: AbortSignal, client: Client, requestId: string = randomUUID()): Context => ({
    embedder,
    collections: new PermittedCollections(engine.collections, access.grantOf(client)),
    thumbnailOf: (item) => thumbnails.addressOf(item),
    config,
    startedAt,
    requestId,
    client: access.keyOf(client),
    tokenName: access.grantOf(client).name,
    signal,
  });

  const app = express().disable('x-powered-by');
  const httpServer = createHttpServer(app, config);
  const connections = new Connections(httpServer, config.server.maxConnections);
  const schema = await createSchema();
  const documents = new DocumentReader(schema, config.limits);
  const closeWebSockets = serveWebSocket({
    httpServer,
    connections,
    schema,
    documents,
    config,
    access,
    budget,
    metrics,
    report,
    createContext,
    format,
    onUnexpected: (err) => {
      log.error({ err }, 'unexpected error of a WebSocket');
    },
  });
  const health = new Health(embedder);
  const apollo = new ApolloServer<Context>({
    schema,
    introspection: true,
    includeStacktraceInErrorResponses: false,
    stringifyResult: stringifyAnswer,
    documentStore: null, // `documents` parses, validates and keeps them.
    formatError: format,
    plugins: [
      ApolloServerPluginDrainHttpServer({ httpServer, stopGracePeriodMillis: timeoutMs }),
      requestPolicy(config, documents, format, report),
      explorerPlugin(explorer),
    ],
    // Signals are the program's: a library must not end its host's process.
    stopOnTerminationSignals: false,
  });
  await apollo.start();

  app.use(requestIds, lingering, securityHeaders, health.closesConnections);
  app.use(health.routes());
  app.use('/metrics', authentication(access));
  app.use(metrics.routes());
  app.use(connections.admission);
  app.use(explorerRoutes(explorer));
  app.use(pageRoutes());
  app.use(thumbnails.routes(engine.collections));
  app.use(
    '/graphql',
    crossOrigin(config),
    ownQueriesByGet(config),
    admission(access),
    graphqlEndpoint({
      apollo,
      config,
      budget,
      clientOf: (request) => access.keyOf(access.clientOf(request)),
      createContext: ({ signal }, request, requestId) =>
        createContext(signal, access.clientOf(request), requestId),
    }),
  );
  app.use(nothingHere);
  app.use(earlyErrors());
  await listen(httpServer, config.server);
  if (!isOnLoopback(config.server) && !access.asksForTokens) {
    log.warn(
      { host },
      'the server can be reached from other machines and asks for no token: set auth.tokens',
    );
  }

  return {
    url: urlOf(httpServer),
    embedder,
    close: async ({ drainMs = 0 } = {}) => {
      health.drain();
      await delay(drainMs);
      await closeWebSockets();
      await apollo.stop();
      await closeEngine(engine);
    },
  };
}
