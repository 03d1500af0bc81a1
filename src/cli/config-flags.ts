import { InvalidArgumentError, Option, type Command } from 'commander';
import { CONFIG_KEYS, loadConfig, type Config, type LoadedConfig } from '../config/index.js';
import { addConfigHelp, SHORT_HELP, unlisted } from './help.js';

/** Short forms of what is typed most. */
export const SHORT_FLAGS: Readonly<Record<string, string>> = { port: 'server.port', host: 'server.host' };
const PLUGIN_OPTION = /^--(runtimes\.[^.=]+\.[^.=]+)(?:=(.*))?$/;

type Flags = Record<string, string | boolean>;

/** Gives a command a flag for every key of the configuration. There are many: `--help-config` shows them, not `--help`. */
export function addConfigFlags(command: Command): Command {
  const add = (flags: string): void => {
    command.addOption(unlisted(new Option(flags)));
  };
  add('--config <file>');
  for (const short of Object.keys(SHORT_FLAGS)) add(`--${short} <value>`);
  for (const { path, kind } of CONFIG_KEYS) {
    add(`--${path.join('.')} ${kind === 'boolean' ? '[value]' : '<value>'}`);
  }
  command.addOption(
    new Option('--set <key=value>')
      .hideHelp()
      .argParser((text: string, earlier: Flags | undefined): Flags => {
        const match = PLUGIN_OPTION.exec(`--${text}`);
        if (match?.at(2) === undefined) throw new InvalidArgumentError('Write it as runtimes.cpu.threads=2.');
        return { ...earlier, [match[1]]: match[2] };
      }),
  );
  return addConfigHelp(command.configureHelp(SHORT_HELP), SHORT_FLAGS);
}

/** Rewrites `--runtimes.cpu.threads 2`, a flag that no list can hold, as `--set runtimes.cpu.threads=2`. */
export function foldPluginFlags(args: readonly string[]): string[] {
  const folded: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const match = PLUGIN_OPTION.exec(args[i]);
    if (match === null) folded.push(args[i]);
    else folded.push('--set', `${match[1]}=${match.at(2) ?? args.at(++i) ?? ''}`);
  }
  return folded;
}

/** The effective configuration of a command's flags, the environment and the file. Warnings go to standard error. */
export function configOf(options: Readonly<Record<string, unknown>>): Config {
  return loadFromFlags(options).config;
}

/** The same, with where each value came from. */
export function loadFromFlags(options: Readonly<Record<string, unknown>>): LoadedConfig {
  const flags: Flags = { ...(options.set as Flags | undefined) };
  for (const [name, value] of Object.entries(options)) {
    const key = SHORT_FLAGS[name] ?? name;
    const isKnown = CONFIG_KEYS.some(({ path }) => path.join('.') === key);
    if (isKnown && (typeof value === 'string' || typeof value === 'boolean')) flags[key] = value;
  }
  const file = options.config as string | undefined;
  const loaded = loadConfig({ file, environment: process.env, flags });
  for (const warning of loaded.warnings) process.stderr.write(`${warning}\n`);
  return loaded;
}
