import { Command } from 'commander';
import { openInspector } from '../engine/index.js';
import { createLog } from '../server/log.js';
import { addConfigFlags, configOf } from './config-flags.js';
import { print } from './embedding-command.js';
import { pullProgress } from './pull-progress.js';
import { addExamples } from './help.js';

/** `clipgraph tokenize`. */
export function tokenizeCommand(): Command {
  const command = new Command('tokenize')
    .description('How a text is cut into tokens.')
    .argument('<text>', 'a text')
    .option('--json', 'print one JSON value');
  addExamples(
    command,
    'clipgraph tokenize "a photograph of an astronaut riding a horse"',
    'clipgraph tokenize "naïve" --json',
  );
  return addConfigFlags(command).action(async (text: string, flags: Readonly<Record<string, unknown>>) => {
    const config = configOf({ 'log.level': 'warn', ...flags });
    const inspector = await openInspector(config, createLog(config.log), pullProgress());
    try {
      const { ids, pieces, contextLength, isTruncated } = await inspector.text(
        text,
        { truncate: true },
        new AbortController().signal,
      );
      if (flags.json === true) {
        print(JSON.stringify({ ids, pieces, count: ids.length, contextLength, isTruncated }));
        return;
      }
      for (const [i, id] of ids.entries()) print(`${String(id).padStart(6)}  ${pieces[i]}`);
      print(`${ids.length} of ${contextLength} tokens${isTruncated ? ', cut' : ''}`);
    } finally {
      await inspector.close();
    }
  });
}
