export { ACCESS_SCOPES, PermittedCollections, type Grant } from './permitted-collections.js';
export type { Context } from './context.js';
export { answerFacts, type AnswerFacts } from './cost/answer-size.js';
export { checkCost } from './cost/check-cost.js';
export { DocumentReader, documentTooLong, type ReadDocument } from './documents.js';
export { UploadedFile } from './content/uploads.js';
export { formatError, httpStatus, statusOfCode, toGraphQLError, type ReportError } from './errors.js';
export { subscribe } from './subscribe.js';
export { createSchema, printSortedSchema } from './schema.js';
