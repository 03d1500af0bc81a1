import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import {
  buildSchema,
  isEnumType,
  isInputObjectType,
  isObjectType,
  isUnionType,
  type GraphQLSchema,
} from 'graphql';
import { createSchema, printSortedSchema } from '../src/graphql/index.js';

const CONTRACT = path.join(__dirname, '..', '..', 'shared', 'schema.graphql');

let schema: GraphQLSchema;
beforeAll(async () => {
  schema = await createSchema();
});

describe('the schema', () => {
  it('is the one in schema/schema.graphql', () => {
    const committed = readFileSync(path.join(__dirname, '..', 'schema', 'schema.graphql'), 'utf8');
    expect(printSortedSchema(schema)).toBe(committed); // npm run schema
  });

  it('takes exactly one field of the inputs that say so', () => {
    for (const name of ['ContentInput', 'ImageInput']) {
      const type = schema.getType(name);
      expect(isInputObjectType(type) && type.isOneOf).toBe(true);
    }
  });

  (existsSync(CONTRACT) ? it : it.skip)('agrees with the contract in everything that it has', () => {
    const contract = buildSchema(readFileSync(CONTRACT, 'utf8'));
    /** What a client relies on, of each type: fields with types, arguments with types and defaults, values. */
    const shape = (of: GraphQLSchema, name: string): Record<string, unknown> => {
      const type = of.getType(name);
      if (isEnumType(type)) return Object.fromEntries(type.getValues().map((value) => [value.name, true]));
      if (isUnionType(type)) return Object.fromEntries(type.getTypes().map((member) => [member.name, true]));
      if (isInputObjectType(type)) {
        const fields = Object.values(type.getFields());
        return Object.fromEntries(
          fields.map((f) => [f.name, [String(f.type), f.defaultValue, type.isOneOf]]),
        );
      }
      if (!isObjectType(type)) return {};
      return Object.fromEntries(
        Object.values(type.getFields()).map((field) => [
          field.name,
          [
            String(field.type),
            Object.fromEntries(field.args.map((arg) => [arg.name, [String(arg.type), arg.defaultValue]])),
          ],
        ]),
      );
    };
    for (const name of Object.keys(schema.getTypeMap()).filter((type) => !type.startsWith('__'))) {
      const ours = shape(schema, name);
      const theirs = contract.getType(name) === undefined ? {} : shape(contract, name);
      const common = Object.keys(ours).filter((key) => key in theirs);
      for (const key of common)
        expect({ [`${name}.${key}`]: ours[key] }).toEqual({ [`${name}.${key}`]: theirs[key] });
    }
  });
});
