import { Command } from 'commander';
import { askClassify, DEFAULT_TEMPLATE } from '../engine/index.js';
import { addReadingFlags, contentOf, labelOf } from './contents.js';
import { embeddingCommand, madeBy, print, reportFailures } from './embedding-command.js';
import { addExamples } from './help.js';

/** `clipgraph classify`. */
export function classifyCommand(): Command {
  const command = new Command('classify')
    .description('Which of several labels fits best: zero-shot classification.')
    .argument('<content>', 'a text or a file')
    .argument('<labels...>', 'what it may be')
    .option('--template <text>', 'what the labels are put into, at {}', DEFAULT_TEMPLATE);
  addExamples(
    command,
    'clipgraph classify photo.jpg dog cat car',
    'clipgraph classify drawing.png dog cat --template "a drawing of a {}" --json',
  );
  addReadingFlags(command);
  return embeddingCommand(command, async ({ config, ask, isJson, reading }, flags, given) => {
    const [argument, words] = given as [string, string[]];
    const { content } = contentOf(argument, reading);
    const labels = words.map((word) => labelOf(word, reading));
    const answer = await askClassify(ask, content, labels, {
      template: flags.template as string,
      limits: config.limits,
    });
    const { classifications: rows, failures } = answer;
    reportFailures(failures.map((failure) => ({ name: labels[failure.index], ...failure })));
    if (isJson) print(JSON.stringify({ ...madeBy(answer.content), classifications: rows, failures }));
    else {
      const { scoring } = answer.content.model.manifest;
      for (const { label, cosine, probability } of rows) {
        const share = probability === undefined ? '' : `${(probability * 100).toFixed(1).padStart(6)} %`;
        print(`${share}  ${cosine.toFixed(4).padStart(7)}  ${label}`);
      }
      if (scoring === 'sigmoid') print('Each label by itself: the shares need not sum to 100 %.');
    }
  });
}
