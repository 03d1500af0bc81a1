import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import type http from 'node:http';
import type { Duplex } from 'node:stream';
import {
  execute,
  getOperationAST,
  GraphQLError,
  OperationTypeNode,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLFormattedError,
  type GraphQLSchema,
} from 'graphql';
import { CloseCode, handleProtocols, makeServer, MessageType, type SubscribePayload } from 'graphql-ws';
import { WebSocketServer } from 'ws';
import type { Config } from '../config/index.js';
import { ClipgraphError } from '../errors/index.js';
import {
  answerFacts,
  checkCost,
  subscribe,
  toGraphQLError,
  type Context,
  type DocumentReader,
} from '../graphql/index.js';
import type { ByteBudget } from '../media/index.js';
import type { Access, Client } from './access.js';
import { gone } from './connection-operations.js';
import type { Connections } from './connections.js';
import { isOriginAllowed } from './cross-origin.js';
import { tooLate } from './lifetime.js';
import type { Metrics } from './metrics.js';
import { clientName, type ReportOperation } from './operations.js';
import { openConnection, SENT, type Connection } from './websocket-connection.js';
import { WebSocketStream } from './websocket-stream.js';

interface WebSocketOptions {
  readonly httpServer: http.Server;
  readonly connections: Connections;
  readonly schema: GraphQLSchema;
  readonly documents: DocumentReader;
  readonly config: Config;
  readonly access: Access;
  readonly budget: ByteBudget;
  readonly metrics: Metrics;
  readonly report: ReportOperation;
  readonly createContext: (signal: AbortSignal, client: Client) => Context;
  /** Told of what is no fault of a client. */
  readonly onUnexpected: (error: unknown) => void;
  readonly format: (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError;
}

/** An operation under way. */
interface Running {
  readonly requestId: string;
  readonly startedAt: number;
  readonly controller: AbortController;
  readonly timer: NodeJS.Timeout | undefined;
  readonly execution: ExecutionArgs;
  readonly client: string | undefined;
  readonly contents: number;
  results: number;
  errors: readonly GraphQLError[];
}

/** The close code of RFC 6455 for a server that ends. */
const GOING_AWAY = 1001;

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/** Throws what must not run; else everything that its execution needs but the context. */
async function prepare(
  { query, variables, operationName }: SubscribePayload,
  { schema, documents, config }: WebSocketOptions,
  { embedder, client, signal }: Context,
): Promise<{ prepared: Omit<ExecutionArgs, 'contextValue'>; contents: number }> {
  const read = await documents.read(query);
  if ('refused' in read) throw read.refused;
  if ('wrong' in read) {
    const { message, nodes, source, positions } = read.wrong[0];
    throw new GraphQLError(message, { nodes, source, positions });
  }
  const { document } = read;
  const name = operationName ?? undefined;
  if (getOperationAST(document, name) == null) {
    throw new GraphQLError(
      'The document holds no operation of this name, or several and no name says which.',
    );
  }
  const values = variables ?? {};
  const asked = { schema, document, operationName: name, variables: values };
  const contents = await checkCost(asked, config.limits, answerFacts(embedder), {
    client,
    group: signal,
  });
  return { prepared: { schema, document, operationName: name, variableValues: values }, contents };
}

/** Like Apollo Server: what the client did wrong before anything ran, wrong variables included, is its own fault. */
function asUserError(error: unknown): GraphQLError {
  if (error instanceof ClipgraphError) return toGraphQLError(error);
  if (!(error instanceof GraphQLError)) return new GraphQLError('', { originalError: error as Error });
  const { originalError: cause, path, extensions } = error;
  const isOurs = (cause !== undefined && !(cause instanceof GraphQLError)) || path !== undefined;
  if (isOurs || extensions.code !== undefined) return error;
  const { message, nodes, source, positions } = error;
  return new GraphQLError(message, { nodes, source, positions, extensions: { code: 'BAD_USER_INPUT' } });
}

/**
 * GraphQL over WebSocket at `/graphql` (graphql-transport-ws), under the same rules as over HTTP.
 *
 * @returns what closes every connection
 */
export function serveWebSocket(options: WebSocketOptions): () => Promise<void> {
  const { httpServer, connections, config, access, budget } = options;
  const { metrics, report, createContext, format, onUnexpected } = options;
  const { maxBodyBytes, maxStreams, timeoutMs } = config.limits;
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: maxBodyBytes,
    handleProtocols,
    autoPong: false,
  });
  const running = new Map<object, Map<string, Running>>();
  const count = (): number => [...running.values()].reduce((sum, { size }) => sum + size, 0);
  /** One client leaves room for others, however many of its streams last long. */
  const checkRoom = (client: string): void => {
    const all = [...running.values()].flatMap((operations) => [...operations.values()]);
    const own = all.filter(({ execution }) => (execution.contextValue as Context).client === client);
    const most = Math.ceil(maxStreams / 2);
    if (all.length < maxStreams && own.length < most) return;
    const message =
      own.length < most
        ? `${maxStreams} operations are under way over WebSocket (limits.maxStreams). Try again later.`
        : `${most} operations of this client are under way over WebSocket, half of limits.maxStreams. Try again when one has ended.`;
    throw new ClipgraphError('OVERLOADED', message);
  };

  const formatted = (errors: readonly GraphQLError[]): GraphQLError[] =>
    errors.map((error) => {
      const own = asUserError(error);
      const { message, ...rest } = format(own.toJSON(), own);
      return new GraphQLError(message, { extensions: rest.extensions, path: rest.path });
    });

  const finish = (context: object, id: string): void => {
    const operation = running.get(context)?.get(id);
    if (operation === undefined) return;
    running.get(context)?.delete(id);
    clearTimeout(operation.timer);
    operation.controller.abort(gone());
    metrics.streams(count());
    const { execution, requestId, startedAt, errors, results, client, contents } = operation;
    const { document, operationName } = execution;
    const name = operationName ?? undefined;
    const answered = {
      requestId,
      document,
      operationName: name,
      client,
      token: (execution.contextValue as Context).tokenName,
      contents,
      errors,
      startedAt,
      results,
    };
    report({ transport: 'websocket', ...answered });
  };

  const protocol = makeServer<Record<string, unknown>, Connection>({
    execute: (args: ExecutionArgs) => execute(args),
    subscribe: (args: ExecutionArgs) => subscribe(args),
    onConnect: async ({ connectionParams, extra }) => {
      try {
        const who = access.clientOf(extra.request, connectionParams);
        await access.authenticate(who);
        extra.acknowledge(access.keyOf(who));
        return true;
      } catch (error) {
        const reason = error instanceof ClipgraphError ? `${error.code}: ${error.message}` : 'Forbidden';
        extra.close(CloseCode.Forbidden, reason);
        return false;
      }
    },
    onSubscribe: async (context, id, payload) => {
      const startedAt = performance.now();
      const requestId = randomUUID();
      const client = clientName(new Map(Object.entries(context.connectionParams ?? {})));
      const who = access.clientOf(context.extra.request, context.connectionParams);
      const token = access.grantOf(who).name;
      const controller = context.extra.controllerOf(id);
      const { signal } = controller;
      let timer: NodeJS.Timeout | undefined;
      try {
        await access.admit(who);
        setMaxListeners(0, signal);
        const contextValue = createContext(signal, who);
        const { prepared, contents } = await prepare(payload, options, contextValue);
        signal.throwIfAborted();
        checkRoom(contextValue.client);
        const isStream =
          getOperationAST(prepared.document, prepared.operationName)?.operation ===
          OperationTypeNode.SUBSCRIPTION;
        // A stream may be long; each of its contents has its own time.
        if (!isStream) {
          timer = setTimeout(() => {
            controller.abort(tooLate(timeoutMs));
          }, timeoutMs);
          await contextValue.embedder.operationRoom.enter(contents, contextValue);
        }
        const execution = { ...prepared, contextValue };
        const operations = running.get(context) ?? new Map<string, Running>();
        running.set(context, operations);
        const begun = { requestId, startedAt, controller, timer, execution, client, contents };
        operations.set(id, { ...begun, results: 0, errors: [] });
        metrics.streams(count());
        return execution;
      } catch (error) {
        clearTimeout(timer);
        controller.abort(error);
        const errors = [asUserError(error)];
        report({
          requestId,
          transport: 'websocket',
          document: undefined,
          operationName: undefined,
          client,
          token,
          contents: 0,
          errors,
          startedAt,
        });
        return errors;
      }
    },
    onNext: async (context, id, _payload, _args, result: ExecutionResult) => {
      const operation = running.get(context)?.get(id);
      if (operation !== undefined) {
        operation.results++;
        operation.errors = [...operation.errors, ...(result.errors ?? [])].slice(0, 10);
      }
      const errors = result.errors && formatted(result.errors).map((error) => error.toJSON());
      await context.extra.send({ id, type: MessageType.Next, payload: { ...result, errors } });
      return SENT;
    },
    onError: (context, id, _payload, errors) => {
      const operation = running.get(context)?.get(id);
      if (operation !== undefined) operation.errors = errors;
      finish(context, id);
      // A client that is gone is no fault of ours, and reads nothing.
      return context.extra.isOpen ? formatted(errors) : [...errors];
    },
    onComplete: (context, id) => {
      finish(context, id);
    },
    onClose: (context) => {
      for (const id of [...(running.get(context)?.keys() ?? [])]) finish(context, id);
      running.delete(context);
    },
  });

  httpServer.on('upgrade', (request, socket, head) => {
    socket.on('error', () => undefined); // A client that goes away now is nobody's fault.
    if (!connections.isServed(socket)) refuse(socket, '503 Service Unavailable');
    else if (request.url?.split('?')[0] !== '/graphql') refuse(socket, '404 Not Found');
    else if (!isOriginAllowed(request, config)) refuse(socket, '403 Forbidden');
    else {
      socket.unshift(head);
      const stream = new WebSocketStream(socket, maxBodyBytes);
      server.handleUpgrade(request, stream, Buffer.alloc(0), (client) => {
        openConnection(client, stream, request, {
          protocol,
          budget,
          client: access.keyOf(access.clientOf(request)),
          limits: config.limits,
          onUnexpected,
        });
      });
    }
  });
  return async () => {
    for (const client of server.clients) client.close(GOING_AWAY, 'Going away');
    await new Promise<void>((resolve) => {
      server.close(() => {
        resolve();
      });
    });
  };
}
