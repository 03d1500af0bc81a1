import { Router } from 'express';
import type { Embedder } from '../engine/index.js';

/** Whether the server lives, and whether it should be sent requests. */
export class Health {
  readonly #embedder: Embedder;
  #isDraining = false;

  constructor(embedder: Embedder) {
    this.#embedder = embedder;
  }

  /** From now on `/health/ready` sends requests elsewhere. */
  drain(): void {
    this.#isDraining = true;
  }

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
      if (this.#isDraining) {
        response.status(503).json({ status: 'unavailable', reason: 'The server is shutting down.' });
        return;
      }
      const { runtimes, models } = this.#embedder;
      const readiness = await runtimes.readiness();
      if (readiness.isReady) {
        response.json({ status: 'ready', runtime: readiness.runtime.name, model: models.default.id });
      } else {
        response.status(503).json({ status: 'unavailable', reason: readiness.reason });
      }
    });
    return routes;
  }
}
