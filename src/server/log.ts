import pino, { type Logger } from 'pino';
import type { Config } from '../config/index.js';

/** JSON lines on standard error; standard output is for the program's answers. */
export function createLog({ level }: Config['log']): Logger {
  return pino({ level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination(2));
}
