/**
 * `clipgraph/server`: the GraphQL server, for programs that start it themselves.
 *
 * @module
 */
export { startServer, type ClipgraphServer } from './server.js';
export { createLog } from './log.js';
export type { PullProgress } from '../models/index.js';
