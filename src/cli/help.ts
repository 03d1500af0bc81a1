import { CommanderError, Help, type Command, type Option } from 'commander';
import { CONFIG_KEYS } from '../config/index.js';

/** Options that the help leaves out; a misspelled flag still finds them, as it would not if they were hidden. */
const UNLISTED = new WeakSet<Option>();

export function unlisted(option: Option): Option {
  UNLISTED.add(option);
  return option;
}

/** How the help of every command is written. */
export const SHORT_HELP: Partial<Help> = {
  formatHelp: (command, helper) => {
    const visibleOptions = (of: Command): Option[] =>
      helper.visibleOptions(of).filter((option) => !UNLISTED.has(option));
    const short = Object.assign(Object.create(helper) as Help, { visibleOptions });
    return new Help().formatHelp(command, short);
  },
};

/** Examples stand first in the help of a command: most readers need no more. */
export function addExamples(command: Command, ...examples: readonly string[]): Command {
  return command.addHelpText(
    'before',
    `Examples:\n${examples.map((example) => `  $ ${example}`).join('\n')}\n`,
  );
}

/** Every flag of the configuration, with what it means. */
function configHelp(shortFlags: Readonly<Record<string, string>>): string {
  const rows = [
    ['--config <file>', 'Read this file instead of clipgraph.yml.'],
    ...Object.entries(shortFlags).map(([short, path]) => [`--${short} <value>`, `Short for --${path}.`]),
    ...CONFIG_KEYS.map(({ path, kind, description }) => [
      `--${path.join('.')} ${kind === 'boolean' ? '[value]' : '<value>'}`,
      description,
    ]),
    ['--runtimes.<name>.<option> <value>', "A plugin's option, such as --runtimes.cpu.threads 2."],
  ];
  const width = Math.max(...rows.map(([flag]) => flag.length));
  const lines = rows.map(([flag, description]) => `  ${flag.padEnd(width)}  ${description}`);
  return `Configuration, for every command that runs a model (docs/configuration.md):\n${lines.join('\n')}\n`;
}

/** Gives a command `--help-config`, which prints the flags of the configuration and ends. */
export function addConfigHelp(command: Command, shortFlags: Readonly<Record<string, string>>): Command {
  return command
    .option('--help-config', 'display the flags of the configuration')
    .on('option:help-config', () => {
      process.stdout.write(configHelp(shortFlags));
      throw new CommanderError(0, 'clipgraph.helpConfig', 'The flags of the configuration.');
    });
}
