#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { VERSION } from '../config/index.js';
import { ClipgraphError } from '../errors/index.js';
import { classifyCommand } from './classify.js';
import { configCommand } from './config.js';
import { foldPluginFlags, SHORT_FLAGS } from './config-flags.js';
import { doctorCommand } from './doctor.js';
import { embedCommand } from './embed.js';
import { evaluateCommand } from './evaluate.js';
import { addConfigHelp, addExamples, SHORT_HELP } from './help.js';
import { inspectCommand } from './inspect.js';
import { modelsCommand } from './models.js';
import { rankCommand } from './rank.js';
import { runtimesCommand } from './runtimes.js';
import { schemaCommand } from './schema.js';
import { serveCommand } from './serve.js';
import { similarityCommand } from './similarity.js';
import { tokenizeCommand } from './tokenize.js';

const COMMANDS = [
  serveCommand,
  embedCommand,
  similarityCommand,
  rankCommand,
  classifyCommand,
  evaluateCommand,
  tokenizeCommand,
  inspectCommand,
  runtimesCommand,
  modelsCommand,
  configCommand,
  schemaCommand,
  doctorCommand,
];

/** Of the program: done; failed, all of it or a part; called in a way that it does not know. */
const EXIT = { failed: 1, usage: 2 };

async function main(): Promise<void> {
  const program = new Command('clipgraph')
    .description('How alike are these texts and images?')
    .version(VERSION)
    .exitOverride()
    .configureHelp(SHORT_HELP)
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 failed, wholly or in part, 2 used in a way that it does not know.',
    );
  addExamples(
    program,
    'clipgraph similarity "a dog" photo.jpg',
    'clipgraph rank "a red car" photos/',
    'clipgraph serve',
  );
  addConfigHelp(program, SHORT_FLAGS);
  for (const create of COMMANDS) program.addCommand(create().copyInheritedSettings(program));
  await program.parseAsync(foldPluginFlags(process.argv.slice(2)), { from: 'user' });
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
