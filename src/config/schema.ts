import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { limitsSchema, memoryBytes } from './limits.js';

const names = z.array(z.string().min(1));

/** What `runtime: auto` tries, the fastest first. */
const AUTO_RUNTIMES: readonly string[] = ['cuda', 'cpu', 'wasm'];

/** The runtimes that the configuration names, in the order of preference. */
export function runtimeOrder({ runtime }: Pick<Config, 'runtime'>): readonly string[] {
  if (runtime === 'auto') return AUTO_RUNTIMES;
  return typeof runtime === 'string' ? [runtime] : runtime;
}

/** Memory that is counted for a preparation process: few pictures take as much. */
const PREPARATION_BYTES = 256 * 2 ** 20;

/** One a core, as far as half of the memory suffices. */
function defaultPreparationWorkers(): number {
  return Math.max(1, Math.min(availableParallelism(), Math.floor(memoryBytes() / 2 / PREPARATION_BYTES)));
}

/** What a client can send after `Bearer `: a header holds visible ASCII, and a space ends the token. */
const token = z
  .string()
  .min(1)
  .regex(
    /^[\x21-\x7e]+$/,
    'a token is of visible ASCII characters, without spaces, line ends and control characters: no client could send this one. Make one with: openssl rand -hex 32',
  );

/** A token with more to say than itself. */
const grantedToken = z.strictObject({
  token,
  /** For people, and for the log. */
  name: z.string().min(1).max(100).optional(),
  /** What it may do with collections; each includes those before it. */
  scopes: z
    .array(z.enum(['read', 'write', 'admin']))
    .min(1)
    .default(['read']),
  /** The names of the collections that it may see; all if absent. */
  collections: z
    .array(z.string().regex(/^[a-z0-9_-]{1,64}$/, 'must be 1 to 64 of a-z, 0-9, - and _'))
    .optional(),
});

const dtype = z.enum(['stored', 'fp32', 'fp16', 'q8']);

/** A model with more to say than its name. */
const modelSchema = z.strictObject({
  model: z.string().min(1),
  dtype: dtype.default('stored'),
  /** What requests call it, where its own id is not to be used. */
  id: z
    .string()
    .regex(/^[\w.@-]+(\/[\w.@-]+)?$/, 'must be a name, or owner/name')
    .optional(),
});

/** The whole configuration: every key, its default and what it means. */
export const configSchema = z.strictObject({
  runtime: z
    .union([z.string().min(1), names.min(1)])
    .default('auto')
    .describe('A runtime’s name, an ordered list of which the first that is ready serves, or auto.'),
  runtimes: z
    .record(z.string(), z.record(z.string(), z.unknown()))
    .prefault({})
    .describe('Options of each runtime plugin, by its name.'),
  store: z
    .string()
    .min(1)
    .default('embedded')
    .describe('The store that keeps collections unless they name another.'),
  stores: z
    .record(z.string(), z.record(z.string(), z.unknown()))
    .prefault({})
    .describe('Options of each store plugin, by its name.'),
  plugins: names.default([]).describe('More runtimes and stores: module names or paths.'),
  model: z
    .string()
    .min(1)
    .default('starter')
    .describe(
      'The default model: starter, owner/name on the hub, a known name such as ViT-B/32, or a folder.',
    ),
  dtype: dtype
    .default('stored')
    .describe(
      'The precision of the default model: fp32, fp16 or q8 (weights of 8 bits); stored: as its file has it.',
    ),
  models: z
    .array(z.union([z.string().min(1), modelSchema]))
    .default([])
    .describe('More models that a request may name; in the file also as { model, dtype, id }.'),
  weights: z
    .enum(['checkpoint', 'onnx'])
    .default('checkpoint')
    .describe('What is taken of a model that has both safetensors (or a .bin) and ONNX exports.'),
  server: z
    .strictObject({
      host: z.string().min(1).default('127.0.0.1').describe('The address to listen on.'),
      port: z.number().int().min(0).max(65_535).default(4000).describe('The port; 0 takes a free one.'),
      maxConnections: z
        .number()
        .int()
        .positive()
        .default(1000)
        .describe(
          'Connections served at once, those of WebSockets too; what comes over more is answered OVERLOADED, and twice as many are closed unread.',
        ),
      explorer: z
        .enum(['sandbox', 'graphiql', 'off'])
        .default('sandbox')
        .describe('What a browser sees at /graphql.'),
      trustProxy: z
        .boolean()
        .default(false)
        .describe('Believe X-Forwarded-For: only behind a proxy that sets it.'),
      signingKey: z
        .string()
        .min(32)
        .optional()
        .describe(
          'What addresses of small pictures are signed with, of 32 characters at least: the same for servers that share a store. Made anew at each start if absent.',
        ),
      // Balancers keep connections for 60 s (nginx, AWS); whoever closes first must not be the server.
      keepAliveMs: z
        .number()
        .int()
        .nonnegative()
        .default(75_000)
        .describe('Milliseconds that an idle connection is kept: longer than a proxy in front keeps it.'),
      drainMs: z
        .number()
        .int()
        .nonnegative()
        .default(5000)
        .describe(
          'Milliseconds after SIGTERM in which /health/ready says 503 while requests are still answered.',
        ),
    })
    .prefault({}),
  preparation: z
    .strictObject({
      convention: z
        .enum(['model', 'hf', 'hf4', 'openai'])
        .default('model')
        .describe('Whose preparation is followed; model: as the model says.'),
      pillow: z
        .union([z.literal(13), z.literal(12)])
        .default(13)
        .describe('Which Pillow’s order of resampling passes: 13, or 12 and earlier.'),
      strict: z
        .boolean()
        .default(false)
        .describe('Do exactly what the reference does with EXIF, 16-bit grey and markers in a text.'),
      workers: z
        .number()
        .int()
        .positive()
        .default(defaultPreparationWorkers)
        .describe('Processes that decode pictures, started when they are needed.'),
      timeoutMs: z
        .number()
        .int()
        .positive()
        .default(10_000)
        .describe('Milliseconds that one picture may compute (Linux; by the clock elsewhere).'),
    })
    .prefault({}),
  images: z
    .strictObject({
      urls: z
        .strictObject({
          allow: names
            .default([])
            .describe(
              'Hosts that pictures may be fetched from: example.com, *.example.com, or * for any public one.',
            ),
          allowAddresses: z
            .array(z.union([z.ipv4(), z.ipv6()]))
            .default([])
            .describe('Addresses to fetch from although they are not public.'),
          maxRedirects: z.number().int().nonnegative().default(3).describe('Redirects that are followed.'),
          timeoutMs: z.number().int().positive().default(10_000).describe('Milliseconds for one picture.'),
        })
        .prefault({}),
    })
    .prefault({}),
  auth: z
    .strictObject({
      tokens: z
        .array(z.union([token, grantedToken]))
        .default([])
        .describe(
          'Bearer tokens, of which a request must send one; none: anybody may ask. In the file also as { token, name, scopes, collections }; a token alone has the scope read.',
        ),
    })
    .prefault({}),
  cors: z
    .strictObject({
      origins: names
        .default([])
        .describe('Origins of other pages that may ask: https://app.example.com, or * for any.'),
    })
    .prefault({}),
  rateLimit: z
    .strictObject({
      requests: z
        .number()
        .int()
        .nonnegative()
        .default(0)
        .describe(
          'Operations that one client (by token, else by address) may send in a window; 0: no limit.',
        ),
      seconds: z.number().int().positive().default(60).describe('The length of the window.'),
    })
    .prefault({}),
  cache: z
    .strictObject({
      maxBytes: z
        .number()
        .int()
        .nonnegative()
        .default(64 * 2 ** 20)
        .describe('Memory for embeddings made before.'),
    })
    .prefault({}),
  memory: z
    .strictObject({
      maxModelBytes: z
        .number()
        .int()
        .nonnegative()
        .default(0)
        .describe(
          'Bytes of weights that each worker of a runtime may hold: for another tower, those used least recently are closed. 0: no limit.',
        ),
      preload: z
        .boolean()
        .default(false)
        .describe('Load every model when the server starts, instead of when it is first asked for.'),
    })
    .prefault({}),
  log: z
    .strictObject({
      level: z
        .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
        .default('info')
        .describe('The least severe message that is logged.'),
      format: z
        .enum(['auto', 'json', 'pretty'])
        .default('auto')
        .describe('JSON lines, or lines for people; auto: for people on a terminal.'),
    })
    .prefault({}),
  limits: limitsSchema.prefault({}),
});

export type Config = z.infer<typeof configSchema>;
/** What a user writes: every key may be left out. */
export type ConfigInput = z.input<typeof configSchema>;
