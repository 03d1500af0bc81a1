import { Router, type RequestHandler } from 'express';
import type { Embedder } from '../engine/index.js';

/** Whether the server lives, and whether it should be sent requests. */
export class Health {
  readonly #embedder: Embedder;
  #isDraining = false;

  constructor(embedder: Embedder) {
    this.#embedder = embedder;
  }

  /** From now on `/health/ready` sends requests elsewhere, and every answer asks its client to connect anew. */
  drain(): void {
    this.#isDraining = true;
  }

  /** Ends connections that are kept open, answer by answer: a client that connects anew is sent to another server. */
  readonly closesConnections: RequestHandler = (_request, response, next) => {
    if (this.#isDraining) response.setHeader('Connection', 'close');
    next();
  };

  /**
   * `/health/live` answers as long as the event loop turns. `/health/ready` answers 200 while the default runtime serves, by
   * what it says and by what happened last, else 503 with the reason.
   */
  routes(): Router {
    const routes = Router();
    routes.get('/health/live', (_request, response) => {
      response.json({ status: 'live' });
    });
    routes.get('/health/ready', async (_request, response) => {
      const reason = this.#isDraining ? 'The server is shutting down.' : undefined;
      const { runtimes, models } = this.#embedder;
      const readiness =
        reason === undefined ? await runtimes.readiness() : ({ isReady: false, reason } as const);
      if (readiness.isReady) {
        response.json({ status: 'ready', runtime: readiness.runtime.name, model: models.default.id });
      } else {
        response.status(503).json({ status: 'unavailable', reason: readiness.reason });
      }
    });
    return routes;
  }
}
