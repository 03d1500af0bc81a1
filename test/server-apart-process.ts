/** The program of `server-apart.ts`: a server, and a meter of its turns. */
import { readFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { setTimeout as delay } from 'node:timers/promises';
import pino from 'pino';
import { configSchema, type ConfigInput } from '../src/config/index.js';
import { openFolder } from '../src/models/layout/folder.js';
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

/** What it warned of since it was last asked. */
let warnings: string[] = [];
const log = pino(
  { level: 'warn' },
  {
    write: (line) => {
      warnings.push(line.trimEnd());
    },
  },
);

/** Opens a model as a server does that is asked for it, without running it. */
async function open(folder: string): Promise<string> {
  try {
    const model = await openFolder(folder);
    if (model.manifest.towers.image !== undefined) await model.tower('image');
    return 'read';
  } catch (error) {
    const { code, stack, message } = error as Error & { code?: string };
    return code === undefined ? (stack ?? message) : `${code}: ${message}`;
  }
}

/**
 * Memory once what nobody refers to has been collected, and V8 has given up the room that it had for more: `gc()` leaves
 * that until the process has been idle for long. Some of it is given up only after a turn.
 */
async function collect(): Promise<NodeJS.MemoryUsage> {
  const inspector = new Session();
  inspector.connect();
  for (let i = 0; i < 4; i++) {
    inspector.post('HeapProfiler.collectGarbage');
    await delay(100);
  }
  inspector.disconnect();
  return process.memoryUsage();
}

async function follow(order: Order): Promise<Omit<Report, 'id'>> {
  switch (order.do) {
    case 'start measuring':
      look();
      longestTurnMs = 0;
      return {};
    case 'report':
      look();
      return { longestTurnMs };
    case 'open':
      return { opened: await open(order.folder) };
    case 'collect': {
      const memory = await collect();
      const since = warnings;
      warnings = [];
      return { memory, warnings: since };
    }
  }
}

process.on('message', (order: Order) => {
  void follow(order).then((report) => process.send?.({ id: order.id, ...report } satisfies Report));
});
process.on('disconnect', () => process.exit(0));

async function main(): Promise<void> {
  const given = JSON.parse(process.argv[2]) as ConfigInput;
  const config = configSchema.parse({ ...given, server: { ...given.server, port: 0 } });
  const { url } = await startServer(config, log);
  process.send?.({ id: 0, url } satisfies Report);
}

void main();
