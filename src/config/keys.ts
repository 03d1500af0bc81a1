import { z } from 'zod';
import { configSchema } from './schema.js';

type Kind = 'string' | 'number' | 'boolean' | 'list' | 'one or list';

/** One value of the configuration, as a path of keys: `['server', 'port']`. */
export interface ConfigKey {
  readonly path: readonly string[];
  readonly kind: Kind;
  readonly description: string;
}

function unwrap(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault
    ? unwrap(schema.unwrap() as z.ZodType)
    : schema;
}

function kindOf(schema: z.ZodType): Kind {
  if (schema instanceof z.ZodNumber) return 'number';
  if (schema instanceof z.ZodUnion) {
    const kinds = schema.options.map((option) => kindOf(option as z.ZodType));
    return kinds.includes('list') ? 'one or list' : kinds[0];
  }
  if (schema instanceof z.ZodLiteral) return typeof schema.value === 'number' ? 'number' : 'string';
  if (schema instanceof z.ZodBoolean) return 'boolean';
  return schema instanceof z.ZodArray ? 'list' : 'string';
}

function keysOf(schema: z.ZodType, path: readonly string[]): ConfigKey[] {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodRecord) return []; // Free keys: each plugin has its own options.
  if (!(inner instanceof z.ZodObject)) {
    return [{ path, kind: kindOf(inner), description: schema.description ?? '' }];
  }
  return Object.entries(inner.shape).flatMap(([key, value]) => keysOf(value as z.ZodType, [...path, key]));
}

/** Every value that can be configured, but for the options of the plugins. */
export const CONFIG_KEYS: readonly ConfigKey[] = keysOf(configSchema, []);

/** `server.maxPort` as an environment variable: `CLIPGRAPH_SERVER_MAX_PORT`. */
export function variableOf(path: readonly string[]): string {
  return ['CLIPGRAPH', ...path.map((key) => key.replace(/[A-Z]/g, '_$&'))].join('_').toUpperCase();
}

/** Reads a value from the text of an environment variable or a flag. What can't be read is left for the schema to refuse. */
export function readValue(text: string, kind: Kind): unknown {
  if (kind === 'list' || (kind === 'one or list' && text.includes(','))) {
    return text.split(',').map((part) => part.trim());
  }
  if (kind === 'boolean') return text === 'true' ? true : text === 'false' ? false : text;
  return kind === 'number' && text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}
