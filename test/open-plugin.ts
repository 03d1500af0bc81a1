import path from 'node:path';
import { RuntimeHost } from '../src/runtime/host.js';

/** A built-in runtime behind its host, as the server runs it. To be closed. */
export function openPlugin(name: string, options: Readonly<Record<string, unknown>> = {}): RuntimeHost {
  const specifier = path.join(__dirname, '..', 'plugins', 'runtimes', name, 'index.ts');
  const log = { info: () => undefined, warn: () => undefined, debug: () => undefined };
  return new RuntimeHost({
    name,
    module: { specifier, from: __dirname },
    options,
    log,
    watchdogMs: 60_000,
  });
}
