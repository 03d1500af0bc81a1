import path from 'node:path';
import express, { Router } from 'express';
import { PACKAGE_ROOT } from '../config/index.js';
import { EXAMPLES, EXAMPLES_FOLDER } from '../media/index.js';

/** The page at `/` and the example pictures. */
export function pageRoutes(): Router {
  const routes = Router();
  routes.use(express.static(path.join(PACKAGE_ROOT, 'dist', 'web', 'page')));
  routes.get('/examples', (_request, response) => {
    response.json(EXAMPLES);
  });
  routes.use('/examples', express.static(EXAMPLES_FOLDER, { index: false }));
  return routes;
}
