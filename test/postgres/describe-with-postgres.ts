import { saySkipped } from '../say-skipped.js';
import { findPostgres } from './installation.js';
import { PostgresServer } from './server.js';

/** A PostgreSQL of one's own, to test on instead of one that is started. */
const OWN_URL = process.env.CLIPGRAPH_TEST_POSTGRES_URL;
const BIN = findPostgres();

/**
 * `describe` with a PostgreSQL of its own where there is one: Debian's, or one that is fetched once.
 *
 * @param body is given the server when its tests run, not before
 */
export function describeWithPostgres(name: string, body: (server: () => PostgresServer) => void): void {
  if (BIN === undefined) {
    saySkipped(
      'No PostgreSQL with pgvector was found, and none could be fetched with python3-venv: its tests are skipped. ' +
        'Install it, or set CLIPGRAPH_TEST_POSTGRES_URL for those that need no server of their own.',
    );
  }
  (BIN === undefined ? describe.skip : describe)(name, () => {
    let server: PostgresServer;
    beforeAll(async () => {
      server = await PostgresServer.start(BIN!);
    }, 120_000);
    afterAll(() => server.stop());
    body(() => server);
  });
}

/** The same for tests that need no more than an address: also with the server that CLIPGRAPH_TEST_POSTGRES_URL names. */
export function describeWithPostgresUrl(name: string, body: (url: () => string) => void): void {
  if (OWN_URL !== undefined) describe(name, () => body(() => OWN_URL));
  else describeWithPostgres(name, (server) => body(() => server().url));
}
