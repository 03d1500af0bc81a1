/** The program of `server-apart.ts`: a server, and a meter of its turns. */
import { readFileSync } from 'node:fs';
import pino from 'pino';
import { configSchema, type ConfigInput } from '../src/config/index.js';
import { startServer } from '../src/server/index.js';
import type { Order, Report } from './server-apart.js';

/** Milliseconds on a core: of this thread, garbage collection included, where the system tells; else of the process. */
function cpuMs(): number {
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[0]) / 1e6;
  } catch {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  }
}

let longestTurnMs = 0;
let last = cpuMs();

/** Called once in each turn that lasts a millisecond or more. */
function look(): void {
  const now = cpuMs();
  longestTurnMs = Math.max(longestTurnMs, now - last);
  last = now;
}
setInterval(look, 1);

function send(report: Report): void {
  process.send?.(report);
}

process.on('message', (order: Order) => {
  look();
  send({ longestTurnMs });
  if (order === 'start measuring') longestTurnMs = 0;
});
process.on('disconnect', () => process.exit(0));

async function main(): Promise<void> {
  const given = JSON.parse(process.argv[2]) as ConfigInput;
  const config = configSchema.parse({ ...given, server: { ...given.server, port: 0 } });
  const { url } = await startServer(config, pino({ level: 'silent' }));
  send({ url });
}

void main();
