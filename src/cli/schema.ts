import { Command } from 'commander';
import { introspectionFromSchema } from 'graphql';
import { createSchema, printSortedSchema } from '../graphql/index.js';
import { print } from './embedding-command.js';
import { addExamples } from './help.js';

/** `clipgraph schema`. */
export function schemaCommand(): Command {
  const command = new Command('schema')
    .description('The GraphQL schema, for code generators.')
    .option('--json', 'print it as the answer to an introspection');
  return addExamples(
    command,
    'clipgraph schema > schema.graphql',
    'clipgraph schema --json > schema.json',
  ).action(async ({ json }: { json?: boolean }) => {
    const schema = await createSchema();
    print(
      json === true ? JSON.stringify(introspectionFromSchema(schema)) : printSortedSchema(schema).trimEnd(),
    );
  });
}
