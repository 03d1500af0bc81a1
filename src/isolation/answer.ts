import { parentPort } from 'node:worker_threads';
import type { FromWorker, ToWorker } from './messages.js';
import { SharedReader } from './shared-memory.js';
import { toWireError } from './wire-error.js';

type Handler = (params: never, signal: AbortSignal, payload: Uint8Array) => unknown;

type Request = Extract<ToWorker, { readonly method: string }>;

/** What a program answers, by the names of its methods. */
export type Handlers = Readonly<Record<string, Handler>>;

/** The way from a program to its server and back. */
export interface Channel {
  readonly send: (message: FromWorker) => void;
  /** Ends the program. */
  readonly exit: () => void;
}

/**
 * Answers each request with what the handler of its method returns or throws.
 *
 * @returns what takes the server's messages, and what cancels all that runs
 */
export function serve(handlers: Handlers, { send, exit }: Channel) {
  const running = new Map<number, AbortController>();
  const parts = new Map<number, Uint8Array[]>();
  const memory = new SharedReader();

  const answer = async ({ id, method, params, shared }: Request): Promise<void> => {
    const controller = new AbortController();
    running.set(id, controller);
    const handle = (payload: Uint8Array): unknown =>
      handlers[method](params as never, controller.signal, payload);
    try {
      const payload = Buffer.concat(parts.get(id) ?? []);
      parts.delete(id);
      send({ id, result: await (shared === undefined ? handle(payload) : memory.use(shared, handle)) });
    } catch (error) {
      send({ id, error: toWireError(error) });
    } finally {
      running.delete(id);
    }
  };

  const receive = (message: ToWorker): void => {
    if ('cancel' in message) running.get(message.cancel)?.abort();
    else if ('part' in message) parts.set(message.id, [...(parts.get(message.id) ?? []), message.part]);
    else if (message.method === 'exit') exit();
    else void answer(message);
  };
  const cancelAll = (): void => {
    for (const controller of running.values()) controller.abort();
  };
  return { receive, cancelAll };
}

/**
 * The worker's side of a `Remote`, in the process or thread that runs it. Ends it when it is asked to, and when the server
 * is gone.
 */
export function answerRequests(handlers: Handlers): void {
  const port = parentPort;
  const send = (message: FromWorker): void => {
    if (port !== null) port.postMessage(message);
    else process.send?.(message);
  };
  const { receive } = serve(handlers, { send, exit: () => process.exit(0) });
  if (port !== null) {
    port.on('message', receive);
    send({ ready: true });
    return;
  }
  process.on('message', (message) => {
    receive(message as ToWorker);
  });
  process.on('disconnect', () => process.exit(0));
  // Ctrl-C and service managers reach the whole process group: the server decides when its workers end.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => undefined);
  send({ ready: true });
}
