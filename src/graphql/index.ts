export type { Context } from './context.js';
export { checkCost } from './cost.js';
export { UploadedFile } from './content/uploads.js';
export { formatError, httpStatus, statusOfCode, toGraphQLError, type ReportError } from './errors.js';
export { subscribe } from './subscribe.js';
export { createSchema, printSortedSchema } from './schema.js';
