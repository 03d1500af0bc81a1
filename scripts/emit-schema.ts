import { writeFileSync } from 'node:fs';
import { createSchema, printSortedSchema } from '../src/graphql/index.js';

void createSchema().then((schema) => {
  writeFileSync('schema/schema.graphql', printSortedSchema(schema));
});
