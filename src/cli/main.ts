#!/usr/bin/env node
import { Command } from 'commander';
import { VERSION } from '../config/index.js';
import { ClipgraphError } from '../errors/index.js';
import { foldPluginFlags } from './config-flags.js';
import { doctorCommand } from './doctor.js';
import { inspectCommand } from './inspect.js';
import { runtimesCommand } from './runtimes.js';
import { serveCommand } from './serve.js';
import { similarityCommand } from './similarity.js';

async function main(): Promise<void> {
  const program = new Command('clipgraph')
    .description('How alike are these texts and images?')
    .version(VERSION)
    .addCommand(serveCommand())
    .addCommand(similarityCommand())
    .addCommand(inspectCommand())
    .addCommand(runtimesCommand())
    .addCommand(doctorCommand());
  await program.parseAsync(foldPluginFlags(process.argv.slice(2)), { from: 'user' });
}

main().catch((error: unknown) => {
  if (error instanceof ClipgraphError) {
    process.stderr.write(`${error.code}: ${error.message}\n`);
  } else {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  }
  process.exitCode = 1;
});
