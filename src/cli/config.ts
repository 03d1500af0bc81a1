import { Command } from 'commander';
import { CONFIG_KEYS, valueAt, withoutSecrets } from '../config/index.js';
import { addConfigFlags, loadFromFlags } from './config-flags.js';
import { print } from './embedding-command.js';
import { addExamples } from './help.js';

/** `clipgraph config`. */
export function configCommand(): Command {
  const command = new Command('config')
    .description('The values that are in effect, and where each came from.')
    .option('--json', 'print one JSON value');
  addExamples(
    command,
    'clipgraph config',
    'CLIPGRAPH_SERVER_PORT=8080 clipgraph config --limits.maxInputs 64 --json',
  );
  return addConfigFlags(command).action((flags: Readonly<Record<string, unknown>>) => {
    const { config, origins } = loadFromFlags(flags);
    const plugins = Object.entries(config.runtimes).flatMap(([name, options]) =>
      Object.keys(options).map((option) => ['runtimes', name, option]),
    );
    const rows = [...CONFIG_KEYS.map(({ path }) => path), ...plugins].map((path) => {
      const key = path.join('.');
      const value = withoutSecrets(path, valueAt(config, path));
      return { key, value, origin: origins.get(key) ?? 'default' };
    });
    if (flags.json === true) {
      print(JSON.stringify(rows));
      return;
    }
    const width = Math.max(...rows.map(({ key }) => key.length));
    for (const { key, value, origin } of rows) {
      print(`${key.padEnd(width)}  ${JSON.stringify(value)}${origin === 'default' ? '' : `  (${origin})`}`);
    }
  });
}
