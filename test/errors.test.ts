import { readFileSync } from 'node:fs';
import path from 'node:path';
import { buildSchema, type GraphQLEnumType } from 'graphql';
import { ERROR_CODES, ERRORS } from '../src/errors/index.js';

const read = (...names: string[]): string => readFileSync(path.join(__dirname, '..', ...names), 'utf8');

describe('the table of errors', () => {
  it('is the enum of the schema', () => {
    const type = buildSchema(read('schema', 'schema.graphql')).getType('ErrorCode') as GraphQLEnumType;
    expect(type.getValues().map(({ name }) => name)).toEqual([...ERROR_CODES].sort());
  });

  it('is docs/errors.md, word for word', () => {
    const rows = ERROR_CODES.map(
      (code) => `| \`${code}\` | ${ERRORS[code].meaning} | ${ERRORS[code].remedy} |`,
    );
    const documented = read('docs', 'errors.md')
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .map((line) => line.replace(/ +/g, ' '));
    expect(documented).toEqual(rows);
  });
});
