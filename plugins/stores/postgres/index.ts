import { ClipgraphError, defineStore, parseOptions, type StoreProbe } from 'clipgraph/store';
import { Catalogue } from './catalogue.js';
import { PostgresCollection } from './collection.js';
import { Connections } from './connections.js';
import { checkVersion, factsOf, obstacleOf, readMigrations } from './migrations.js';
import { namesIn } from './names.js';
import { optionsSchema, type PostgresOptions } from './options.js';
import { Upkeep } from './upkeep.js';

export type { PostgresOptions } from './options.js';

const NAME = 'postgres';

/** Collections in PostgreSQL with pgvector: many servers write and search at a time. */
export default defineStore<PostgresOptions>({ name: NAME }, (options) => {
  const settings = parseOptions(NAME, optionsSchema, options);
  const names = namesIn(settings.schema);
  const migrations = readMigrations();
  const connections = new Connections(settings);
  const catalogue = new Catalogue({ connections, names, settings, migrations });
  const upkeep = new Upkeep();

  const probe = async (): Promise<StoreProbe> => {
    try {
      const facts = await connections.transaction({ mode: 'read' }, (session) => factsOf(session, names));
      const obstacle = obstacleOf(facts);
      if (obstacle !== undefined) return { ready: false, ...obstacle };
      checkVersion(facts, migrations[migrations.length - 1].version);
      const version = `${facts.server}, pgvector ${facts.vector ?? facts.available}`;
      return { ready: true, info: { library: 'PostgreSQL', version } };
    } catch (error) {
      const { message, cause } = error as Error;
      return {
        ready: false,
        reason: error instanceof ClipgraphError ? message : 'PostgreSQL cannot be asked.',
        remedy: 'Do what that says; the log of this server, and that of PostgreSQL, say more.',
        detail: cause instanceof Error ? `${message} (${cause.message})` : message,
      };
    }
  };

  return {
    traits: { isExact: false, hasManyWriters: true, durability: 'power' },
    probe,
    list: () => catalogue.list(),
    create: (spec) => catalogue.create(spec),
    drop: (name) => catalogue.drop(name),
    rename: (from, to, how) => catalogue.rename(from, to, how),
    open: async (name) => new PostgresCollection(await catalogue.find(name), upkeep),
    async close() {
      await upkeep.close();
      await connections.close();
    },
  };
});
