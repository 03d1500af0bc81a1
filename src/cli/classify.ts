import { Command } from 'commander';
import { classify, DEFAULT_TEMPLATE, promptsFor } from '../engine/index.js';
import { ClipgraphError } from '../errors/index.js';
import { contentOf } from './contents.js';
import { embeddingCommand, madeBy, print } from './embedding-command.js';

/** `clipgraph classify`. */
export function classifyCommand(): Command {
  const command = new Command('classify')
    .description('Which of several labels fits best: zero-shot classification.')
    .argument('<content>', 'a text or a file')
    .argument('<labels...>', 'what it may be')
    .option('--template <text>', 'what the labels are put into, at {}', DEFAULT_TEMPLATE)
    .addHelpText(
      'after',
      '\nExamples:\n  $ clipgraph classify photo.jpg dog cat car\n' +
        '  $ clipgraph classify drawing.png dog cat --template "a drawing of a {}" --json',
    );
  return embeddingCommand(command, async ({ config, embedOne, embedMany, isJson }, flags, given) => {
    const [content, labels] = given as [string, string[]];
    const read = contentOf(content);
    const prompts = promptsFor(labels, flags.template as string, config.limits);
    const [subject, others] = await Promise.all([
      embedOne(read),
      embedMany(prompts.map((text) => ({ text }))),
    ]);
    const embeddings = others.filter((embedding) => embedding !== undefined);
    if (embeddings.length < labels.length) {
      throw new ClipgraphError('BAD_USER_INPUT', 'Not every label has an embedding: see above.');
    }
    const rows = classify(subject, labels, embeddings);
    if (isJson) print(JSON.stringify({ ...madeBy(subject), classifications: rows }));
    else {
      for (const { label, cosine, probability } of rows) {
        const share = probability === undefined ? '' : `${(probability * 100).toFixed(1).padStart(6)} %`;
        print(`${share}  ${cosine.toFixed(4).padStart(7)}  ${label}`);
      }
    }
  });
}
