export { startServer, type ClipgraphServer } from './server.js';
export { createLog } from './log.js';
