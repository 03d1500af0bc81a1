export type { Context } from './context.js';
export { checkCost } from './cost.js';
export { formatError, httpStatus, toGraphQLError, type ReportError } from './errors.js';
export { createSchema, printSortedSchema } from './schema.js';
