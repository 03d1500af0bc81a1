import { Router } from 'express';
import type { Embedder } from '../engine/index.js';

/**
 * `/health/live` answers as long as the event loop turns. `/health/ready` answers 200 once the default runtime can
 * serve, else 503 with the reason.
 */
export function healthRoutes(embedder: Embedder): Router {
  const routes = Router();
  routes.get('/health/live', (_request, response) => {
    response.json({ status: 'live' });
  });
  routes.get('/health/ready', async (_request, response) => {
    try {
      const runtime = await embedder.runtimes.default();
      response.json({ status: 'ready', runtime: runtime.name, model: embedder.models.default.id });
    } catch (error) {
      response
        .status(503)
        .json({ status: 'unavailable', reason: error instanceof Error ? error.message : undefined });
    }
  });
  return routes;
}
