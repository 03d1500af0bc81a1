import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import {
  buildSchema,
  isEnumType,
  isInputObjectType,
  isObjectType,
  isSpecifiedScalarType,
  isUnionType,
  type GraphQLSchema,
} from 'graphql';
import { CONFIG_KEYS } from '../src/config/index.js';
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

  it('gives arguments in the order in which a call reads', () => {
    const argumentsOf = (of: GraphQLSchema, type: string, field: string): string[] => {
      const object = of.getType(type);
      return isObjectType(object) ? object.getFields()[field].args.map(({ name }) => name) : [];
    };
    for (const either of [schema, buildSchema(printSortedSchema(schema))]) {
      expect(argumentsOf(either, 'Query', 'similarity')).toEqual(['a', 'b', 'options']);
      expect(argumentsOf(either, 'Query', 'similarityMatrix')).toEqual(['rows', 'columns', 'options']);
      expect(argumentsOf(either, 'Query', 'classify')).toEqual(['content', 'labels', 'template', 'options']);
      expect(argumentsOf(either, 'Query', 'rank')).toEqual(['query', 'candidates', 'limit', 'options']);
      expect(argumentsOf(either, 'Query', 'ranking')).toEqual(['query', 'candidates', 'limit', 'options']);
      expect(argumentsOf(either, 'Embedding', 'similarityTo')).toEqual(['other', 'options']);
      expect(argumentsOf(either, 'Subscription', 'embedStream')).toEqual(['inputs', 'options']);
    }
  });

  it('shows every limit of the configuration', () => {
    // What says how the server works, and bounds nothing that a client does.
    const others = [
      ...['server.port', 'server.keepAliveMs', 'server.drainMs', 'preparation.pillow', 'preparation.workers'],
      ...['cache.maxBytes', 'memory.maxModelBytes'],
    ];
    const numbers = CONFIG_KEYS.filter(({ kind }) => kind === 'number').map(({ path: key }) => key.join('.'));
    const bounds = numbers.filter((key) => !others.includes(key));
    expect(bounds.length).toBe(numbers.length - others.length);
    const type = schema.getType('Limits');
    const fields = isObjectType(type) ? Object.values(type.getFields()) : [];
    const shown = fields.map(
      ({ name, description }) => /Configured as (\S+)\.$/.exec(description ?? '')?.at(1) ?? `limits.${name}`,
    );
    expect(shown.sort()).toEqual(bounds.sort());
  });

  it('takes exactly one field of the inputs that say so', () => {
    for (const name of ['ContentInput', 'PartInput', 'ImageInput']) {
      const type = schema.getType(name);
      expect(isInputObjectType(type) && type.isOneOf).toBe(true);
    }
  });

  (existsSync(CONTRACT) ? it : it.skip)('has all that the contract has, under the same names', () => {
    const contract = buildSchema(readFileSync(CONTRACT, 'utf8'));
    /** What a client relies on, of each type: fields with types, arguments with types and defaults, values. */
    const shapeOf = (of: GraphQLSchema, name: string): Record<string, unknown> => {
      const type = of.getType(name);
      if (isEnumType(type)) return Object.fromEntries(type.getValues().map((value) => [value.name, true]));
      if (isUnionType(type)) return Object.fromEntries(type.getTypes().map((member) => [member.name, true]));
      if (isInputObjectType(type)) {
        const fields = Object.values(type.getFields());
        return Object.fromEntries(
          fields.map((field) => [field.name, [String(field.type), field.defaultValue, type.isOneOf]]),
        );
      }
      if (!isObjectType(type)) return { kind: type?.constructor.name };
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
    for (const name of Object.keys(contract.getTypeMap()).filter((type) => !type.startsWith('__'))) {
      expect({ [name]: shapeOf(schema, name) }).toEqual({
        [name]: expect.objectContaining(shapeOf(contract, name)),
      });
    }
  });

  it('describes every type, field and argument', () => {
    const types = Object.values(schema.getTypeMap()).filter(
      ({ name }) => !isSpecifiedScalarType({ name } as never) && !name.startsWith('__'),
    );
    const undescribed = types.flatMap((type) => {
      const fields = 'getFields' in type ? Object.values(type.getFields()) : [];
      return [
        ...(type.description || ['Query', 'Mutation', 'Subscription'].includes(type.name) ? [] : [type.name]),
        ...fields
          .flatMap((field) => [field, ...('args' in field ? field.args : [])])
          .filter(({ description }) => !description)
          .map(({ name }) => `${type.name}.${name}`),
      ];
    });
    expect(undescribed).toEqual([]);
  });
});
