import { z } from 'zod';

/** Milliseconds for one statement of a search or a write. */
const STATEMENT_MS = 60_000;

/** What stands under `stores.postgres` in the configuration. */
export const optionsSchema = z.strictObject({
  /** Where the server is: `postgres://user:password@host:5432/database`, with `?sslmode=verify-full` for TLS. */
  url: z
    .string({
      error:
        'is missing: the address of the database, postgres://user:password@host:5432/database (CLIPGRAPH_STORES_POSTGRES_URL)',
    })
    .regex(/^postgres(?:ql)?:\/\/\S+$/, 'expected postgres://user:password@host:5432/database'),
  /** The schema in which everything lies. Default `clipgraph`. */
  schema: z
    .string()
    .regex(
      /^(?!pg_)[a-z_][a-z0-9_]{0,47}$/,
      'expected up to 48 of a-z, 0-9 and _, beginning with a letter, not with pg_',
    )
    .default('clipgraph'),
  /** Connections for searches and changes; scans have up to half as many more. Default 10. */
  poolSize: z.number().int().min(1).max(1000).default(10),
  /**
   * A collection of up to this many items, and a filter that matches up to this many, is searched exactly; 0: by the index as
   * soon as it is there. Default 20,000.
   */
  exactBelow: z.number().int().min(0).max(10_000_000).default(20_000),
  /** The index of larger collections, as pgvector calls its options. */
  hnsw: z
    .strictObject({
      /** Neighbours of an item in each layer. Default 16. */
      m: z.number().int().min(2).max(100).default(16),
      /** Candidates while the index is built; at least twice `m`. Default 64. */
      efConstruction: z.number().int().min(4).max(1000).default(64),
      /** Candidates of a search, at least. Default 100. */
      efSearch: z.number().int().min(1).max(1000).default(100),
      /** Items that a search with a filter visits, at most; if they are not enough, all are looked at. Default 100,000. */
      maxScanTuples: z.number().int().min(1).max(2_147_483_647).default(100_000),
      /** MB that building the index may take on the server, where its maintenance_work_mem is less. Default 512. */
      buildMemoryMb: z.number().int().min(1).max(1_000_000).default(512),
    })
    .refine(({ m, efConstruction }) => efConstruction >= 2 * m, 'efConstruction is less than twice m')
    .prefault({}),
  /** Milliseconds to get a connection. Default 5,000. */
  connectTimeoutMs: z.number().int().min(1).max(600_000).default(5000),
  /** Milliseconds for one statement of a search or a change. Default 60,000. */
  statementTimeoutMs: z.number().int().min(1).max(3_600_000).default(STATEMENT_MS),
});

export type PostgresOptions = z.input<typeof optionsSchema>;
export type Settings = z.infer<typeof optionsSchema>;
