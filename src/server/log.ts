import pino, { type Logger } from 'pino';
import pretty from 'pino-pretty';
import type { Config } from '../config/index.js';

/** Standard error: standard output is for the program's answers. */
const STANDARD_ERROR = 2;

/**
 * The log on standard error: readable lines where a person reads them, JSON for programs.
 *
 * @param isTerminal whether a person reads it
 */
export function createLog(
  { level, format }: Config['log'],
  isTerminal = process.stderr.isTTY,
  destination: number | NodeJS.WritableStream = STANDARD_ERROR,
): Logger {
  const isPretty = format === 'pretty' || (format === 'auto' && isTerminal);
  const options = { level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime };
  if (!isPretty) {
    return pino(options, typeof destination === 'number' ? pino.destination(destination) : destination);
  }
  const lines = pretty({
    destination,
    colorize: isTerminal,
    sync: true,
    singleLine: true,
    translateTime: 'SYS:HH:MM:ss',
    errorProps: 'code,cause',
  });
  return pino(options, lines);
}
