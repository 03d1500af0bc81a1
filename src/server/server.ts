import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApolloServer } from '@apollo/server';
import { ApolloServerPluginDrainHttpServer } from '@apollo/server/plugin/drainHttpServer';
import { expressMiddleware } from '@as-integrations/express5';
import express from 'express';
import type { Logger } from 'pino';
import type { Config } from '../config/index.js';
import { openEmbedder, type Embedder } from '../engine/index.js';
import { ClipgraphError } from '../errors/index.js';
import { createSchema, formatError, type Context } from '../graphql/index.js';
import { explorerPlugin, explorerRoutes } from './explorer.js';
import { healthRoutes } from './health.js';
import { createLog } from './log.js';
import { pageRoutes } from './page.js';
import { bodyErrors, requestPolicy, requestSignal } from './requests.js';

export interface ClipgraphServer {
  /** Where it listens: `http://127.0.0.1:4000`. */
  readonly url: string;
  readonly embedder: Embedder;
  /** Answers what is under way, then ends everything that was started. */
  close(): Promise<void>;
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

/**
 * Starts the server and the default runtime.
 *
 * @throws RUNTIME_UNAVAILABLE when no configured runtime can run here; what opening the models throws
 */
export async function startServer(
  config: Config,
  log: Logger = createLog(config.log),
): Promise<ClipgraphServer> {
  const embedder = await openEmbedder(config, log);
  try {
    await embedder.runtimes.default();
    return await serve(config, embedder, log);
  } catch (error) {
    await embedder.close();
    throw error;
  }
}

async function serve(config: Config, embedder: Embedder, log: Logger): Promise<ClipgraphServer> {
  const { explorer } = config.server;
  const { maxBodyBytes, maxQueryTokens, timeoutMs } = config.limits;
  const startedAt = performance.now();
  const app = express().disable('x-powered-by');
  const httpServer = http.createServer(app);
  const apollo = new ApolloServer<Context>({
    schema: await createSchema(),
    introspection: true,
    includeStacktraceInErrorResponses: false,
    parseOptions: { maxTokens: maxQueryTokens },
    formatError: formatError((id, error) => {
      log.error({ id, err: error }, 'unexpected error');
    }),
    plugins: [
      ApolloServerPluginDrainHttpServer({ httpServer, stopGracePeriodMillis: timeoutMs }),
      requestPolicy(config),
      explorerPlugin(explorer),
    ],
    // Signals are the program's: a library must not end its host's process.
    stopOnTerminationSignals: false,
  });
  await apollo.start();

  app.use(healthRoutes(embedder));
  app.use(explorerRoutes(explorer));
  app.use(pageRoutes());
  app.use(
    '/graphql',
    express.json({ limit: maxBodyBytes }),
    expressMiddleware(apollo, {
      context: ({ req, res }) =>
        Promise.resolve({ embedder, config, startedAt, signal: requestSignal(req, res, timeoutMs) }),
    }),
  );
  app.use(bodyErrors(config));
  await listen(httpServer, config.server);

  return {
    url: urlOf(httpServer),
    embedder,
    close: async () => {
      await apollo.stop();
      await embedder.close();
    },
  };
}
