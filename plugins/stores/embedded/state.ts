import { asText, damaged, textOf, type Database } from './database.js';
import { checksum, type FileState } from './format.js';

/** @throws STORE_UNAVAILABLE when it is damaged */
export function readState(database: Database): FileState {
  const found = database.prepare(`select ${asText('value')}, crc from state where one = 1`).get();
  const [bytes, crc] = found ?? [];
  const value = textOf(bytes);
  if (value === undefined || checksum(value) !== crc) throw damaged(database.file);
  return JSON.parse(value) as FileState;
}

export function writeState(database: Database, state: FileState): void {
  const value = JSON.stringify(state);
  database.prepare('insert or replace into state values (1, ?, ?)').run(value, checksum(value));
}
