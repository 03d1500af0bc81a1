import { parentPort } from 'node:worker_threads';
import { ClipgraphError } from '../errors/index.js';
import type { FromWorker, ToWorker, WireError } from './messages.js';

type Handler = (params: never, signal: AbortSignal, payload: Uint8Array) => unknown;

function toWire(error: unknown): WireError {
  const text = (value: unknown): string => (value instanceof Error ? value.message : String(value));
  if (!(error instanceof ClipgraphError)) return { code: undefined, message: text(error) };
  const detail = error.cause === undefined ? undefined : text(error.cause);
  return { code: error.code, message: error.message, detail };
}

/**
 * The worker's side of a `Remote`: answers each request with what the handler of its method returns or throws.
 * Ends the worker when it is asked to, and when the server is gone.
 */
export function answerRequests(handlers: Readonly<Record<string, Handler>>): void {
  const running = new Map<number, AbortController>();
  const parts = new Map<number, Uint8Array[]>();
  const port = parentPort;
  const send = (message: FromWorker): void => {
    if (port !== null) port.postMessage(message);
    else process.send?.(message);
  };

  const answer = async (message: ToWorker): Promise<void> => {
    if ('cancel' in message) {
      running.get(message.cancel)?.abort();
      return;
    }
    if ('part' in message) {
      parts.set(message.id, [...(parts.get(message.id) ?? []), message.part]);
      return;
    }
    const { id, method, params } = message;
    if (method === 'exit') process.exit(0);
    const controller = new AbortController();
    running.set(id, controller);
    try {
      const payload = Buffer.concat(parts.get(id) ?? []);
      parts.delete(id);
      send({ id, result: await handlers[method](params as never, controller.signal, payload) });
    } catch (error) {
      send({ id, error: toWire(error) });
    } finally {
      running.delete(id);
    }
  };

  const receive = (message: unknown): void => void answer(message as ToWorker);
  if (port !== null) {
    port.on('message', receive);
    return;
  }
  process.on('message', receive);
  process.on('disconnect', () => process.exit(0));
  // Ctrl-C and service managers reach the whole process group: the server decides when its workers end.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => undefined);
}
