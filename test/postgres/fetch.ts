// Fetches what the tests of the store postgres run on, where it is not there, and says where it is.
import { findPostgres } from './installation.js';

const found = findPostgres();
console.log(found ?? 'No PostgreSQL with pgvector is installed, and none could be fetched.');
process.exitCode = found === undefined ? 1 : 0;
