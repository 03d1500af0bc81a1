#!/usr/bin/env node
import '../isolation/compile-cache.js';
import { Command, CommanderError } from 'commander';
import { VERSION } from '../config/index.js';
import { ClipgraphError } from '../errors/index.js';
import { foldPluginFlags, SHORT_FLAGS } from './config-flags.js';
import { addConfigHelp, addExamples, SHORT_HELP } from './help.js';

/** Each is loaded when it is called: a search need not load a server. */
const COMMANDS: Readonly<Record<string, () => Promise<() => Command>>> = {
  serve: async () => (await import('./serve.js')).serveCommand,
  index: async () => (await import('./index-folders.js')).indexCommand,
  search: async () => (await import('./search.js')).searchCommand,
  collections: async () => (await import('./collections.js')).collectionsCommand,
  duplicates: async () => (await import('./duplicates.js')).duplicatesCommand,
  embed: async () => (await import('./embed.js')).embedCommand,
  similarity: async () => (await import('./similarity.js')).similarityCommand,
  rank: async () => (await import('./rank.js')).rankCommand,
  classify: async () => (await import('./classify.js')).classifyCommand,
  evaluate: async () => (await import('./evaluate.js')).evaluateCommand,
  tokenize: async () => (await import('./tokenize.js')).tokenizeCommand,
  inspect: async () => (await import('./inspect.js')).inspectCommand,
  runtimes: async () => (await import('./runtimes.js')).runtimesCommand,
  models: async () => (await import('./models.js')).modelsCommand,
  config: async () => (await import('./config.js')).configCommand,
  schema: async () => (await import('./schema.js')).schemaCommand,
  doctor: async () => (await import('./doctor.js')).doctorCommand,
};

/** The one that is called; all of them for help, and for a name that none has, so that the nearest is suggested. */
function commandsFor(args: readonly string[]): (() => Promise<() => Command>)[] {
  const name = args.at(0);
  return name !== undefined && Object.hasOwn(COMMANDS, name) ? [COMMANDS[name]] : Object.values(COMMANDS);
}

// GraphQL checks its own schema at every step, unless it is told when it is loaded that this is no development of it.
process.env.NODE_ENV ??= 'production';

const VERSION_FLAGS: readonly string[] = ['-V', '--version'];

/** Of the program: done; failed, all of it or a part; called in a way that it does not know. */
const EXIT = { failed: 1, usage: 2 };

async function main(): Promise<void> {
  const given = process.argv.slice(2);
  if (given.length === 1 && VERSION_FLAGS.includes(given[0])) {
    process.stdout.write(`${VERSION}\n`); // Without what takes longer to load than to answer.
    return;
  }
  const program = new Command('clipgraph')
    .description('How alike are these texts and images?')
    .version(VERSION, VERSION_FLAGS.join(', '))
    .exitOverride()
    .configureHelp(SHORT_HELP)
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 failed, wholly or in part, 2 used in a way that it does not know.',
    );
  addExamples(
    program,
    'clipgraph similarity "a dog" photo.jpg',
    'clipgraph index photos/',
    'clipgraph search "a red car"',
    'clipgraph serve',
  );
  addConfigHelp(program, SHORT_FLAGS);
  const args = foldPluginFlags(given);
  for (const load of commandsFor(args)) program.addCommand((await load())().copyInheritedSettings(program));
  await program.parseAsync(args, { from: 'user' });
}

// The reader of our output may have seen enough: `clipgraph rank … | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

main().catch((error: unknown) => {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : EXIT.usage; // Commander has said what is wrong.
    return;
  }
  process.exitCode = EXIT.failed;
  if (error instanceof ClipgraphError) process.stderr.write(`${error.code}: ${error.message}\n`);
  else process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
});
