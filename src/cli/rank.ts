import { Command, InvalidArgumentError, Option } from 'commander';
import { askRank } from '../engine/index.js';
import { addListFlags, addReadingFlags, collect, contentOf, contentsOf } from './contents.js';
import { embeddingCommand, madeBy, print, reportFailures } from './embedding-command.js';
import { addExamples } from './help.js';
import { oneLine } from './item-name.js';
import { positive } from './option-values.js';

/** Matches that are printed unless somebody says otherwise. */
const TOP = 10;

function renamedToTop(): never {
  throw new InvalidArgumentError('It is called --top now.');
}

/** `clipgraph rank`. */
export function rankCommand(): Command {
  const command = new Command('rank')
    .description('Candidates from the most to the least similar: how one searches a folder.')
    .argument('<query>', 'a text or a file')
    .argument('<candidates...>', 'texts, files, folders, patterns; - for the lines of standard input')
    .option('-n, --top <count>', 'print the best so many (default: 10; all with --json)', positive)
    .addOption(new Option('--limit <count>').hideHelp().argParser(renamedToTop));
  command.addHelpText(
    'after',
    '\nWhat cannot be read is said on standard error, the rest is ranked, and the exit code is 1.',
  );
  addExamples(
    command,
    'clipgraph rank "a red car" photos/*.jpg',
    'clipgraph rank photo.jpg photos/ --top 3 --json',
    'clipgraph rank photo.jpg "a dog" "a cat" "a car"',
    'find photos -newer last -name "*.jpg" -print0 | clipgraph rank "a red car" -0 -',
  );
  addReadingFlags(command);
  addListFlags(command);
  return embeddingCommand(command, async ({ ask, reading, isJson }, flags, given) => {
    const [query, args] = given as [string, string[]];
    const sought = contentOf(query, reading);
    const candidates = await collect(await contentsOf(args, reading));
    const ranking = await askRank(
      ask,
      sought.content,
      candidates.map(({ content }) => content),
    );
    const failures = ranking.failures.map((failure) => ({
      ...failure,
      content: candidates[failure.index].name,
    }));
    reportFailures(failures.map((failure) => ({ ...failure, name: failure.content })));
    const top = (flags.top as number | undefined) ?? (isJson ? undefined : TOP);
    const rows = ranking.matches.slice(0, top).map(({ index, cosine, probability }) => ({
      index,
      content: candidates[index].name,
      cosine,
      probability,
    }));
    if (isJson) {
      print(JSON.stringify({ ...madeBy(ranking.query), matches: rows, failures }));
      return;
    }
    for (const { cosine, content } of rows) print(`${cosine.toFixed(4).padStart(7)}  ${oneLine(content)}`);
    const others = ranking.matches.length - rows.length;
    if (others > 0 && flags.top === undefined) {
      process.stderr.write(`The best ${rows.length} of ${ranking.matches.length}; --top says how many.\n`);
    }
  });
}
