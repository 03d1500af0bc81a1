import { Command, InvalidArgumentError } from 'commander';
import { askRank } from '../engine/index.js';
import { contentOf, contentsOf, nameOf } from './contents.js';
import { embeddingCommand, madeBy, print, reportFailures } from './embedding-command.js';

function positive(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('Expected a positive whole number.');
}

/** `clipgraph rank`. */
export function rankCommand(): Command {
  const command = new Command('rank')
    .description('Candidates from the most to the least similar: how one searches a folder.')
    .argument('<query>', 'a text or a file')
    .argument('<candidates...>', 'texts, files, folders, patterns; - for the lines of standard input')
    .option('--limit <count>', 'at most so many', positive)
    .addHelpText(
      'after',
      '\nWhat cannot be read is said on standard error, the rest is ranked, and the exit code is 1.\n' +
        '\nExamples:\n  $ clipgraph rank "a red car" photos/*.jpg\n  $ clipgraph rank photo.jpg photos/ --limit 10 --json\n' +
        '  $ clipgraph rank photo.jpg "a dog" "a cat" "a car"',
    );
  return embeddingCommand(command, async ({ ask, isJson }, flags, given) => {
    const [query, args] = given as [string, string[]];
    const [sought, contents] = [contentOf(query), await contentsOf(args)];
    const ranking = await askRank(ask, sought, contents);
    reportFailures(
      ranking.failures.map((failure) => ({ name: nameOf(contents[failure.index]), ...failure })),
    );
    const rows = ranking.matches
      .slice(0, flags.limit as number | undefined)
      .map(({ index, cosine, probability }) => ({
        index,
        content: nameOf(contents[index]),
        cosine,
        probability,
      }));
    if (isJson)
      print(JSON.stringify({ ...madeBy(ranking.query), matches: rows, failures: ranking.failures }));
    else for (const { cosine, content } of rows) print(`${cosine.toFixed(4).padStart(7)}  ${content}`);
  });
}
