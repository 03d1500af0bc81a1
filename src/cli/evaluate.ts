import { writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import {
  figuresOf,
  pictureOf,
  picturesOf,
  readEvaluationSet,
  textsOf,
  type Figures,
} from '../evaluation/index.js';
import type { Content } from '../engine/index.js';
import { embedMany, embeddingCommand, madeBy, print, type Session } from './embedding-command.js';
import { addExamples } from './help.js';

const percent = (share: number) => `${(share * 100).toFixed(1)} %`;

function lineOf(figures: Figures): string {
  switch (figures.kind) {
    case 'classification': {
      const { top1, top5, top10, medianRank, candidates } = figures;
      return `first ${percent(top1)}, in the first five ${percent(top5)}, ten ${percent(top10)}; median rank ${medianRank} of ${candidates}`;
    }
    case 'choice': {
      const fitted = figures.logitScale === undefined ? '' : `; logit scale ${figures.logitScale.toFixed(1)}`;
      return `right caption chosen ${percent(figures.accuracy)}, by chance ${percent(figures.chance)}${fitted}`;
    }
    case 'retrieval': {
      const recall = ({ top1, top5, top10 }: typeof figures.textToImage) =>
        [top1, top5, top10].map(percent).join(', ');
      return `recall at 1, 5, 10: text to image ${recall(figures.textToImage)}; image to text ${recall(figures.imageToText)}`;
    }
    case 'similarity':
      return `rank correlation ${figures.spearman.toFixed(3)}, Pearson ${figures.pearson.toFixed(3)}`;
  }
}

/** Vectors by key; nothing for what cannot be embedded, which has been said. */
async function vectorsOf(
  { ask }: Session,
  keys: readonly string[],
  contentOf: (key: string) => Content,
): Promise<ReadonlyMap<string, Float32Array>> {
  const embeddings = await embedMany(
    ask,
    keys.map((name) => ({ name, content: contentOf(name) })),
  );
  return new Map(
    keys.flatMap((key, i) => {
      const embedding = embeddings[i];
      return embedding === undefined ? [] : [[key, embedding.vector] as const];
    }),
  );
}

/** `clipgraph evaluate`. */
export function evaluateCommand(): Command {
  const command = new Command('evaluate')
    .description(
      'How good a model is at a set of tasks: zero-shot, retrieval, choice of captions, likeness of texts.',
    )
    .argument('<folder>', 'an evaluation set: tasks.json and its pictures (docs/evaluation.md)')
    .option('--out <file>', 'write the figures, as JSON');
  addExamples(
    command,
    'clipgraph evaluate work/evaluation',
    'clipgraph evaluate work/evaluation --model ViT-B/32 --json',
  );
  return embeddingCommand(command, async (session, flags, [folder]) => {
    const set = await readEvaluationSet(folder as string);
    // Says what is wrong with a model that reads no texts: there is no task for it.
    const [first] = await session.ask.embedAll([{ text: textsOf(set.tasks[0])[0] }], 'tasks');
    const canSee = first.model.manifest.towers.image !== undefined;
    const tasks = set.tasks.filter(({ kind }) => canSee || kind === 'similarity');
    const texts = [...new Set(tasks.flatMap(textsOf))];
    const pictures = [...new Set(tasks.flatMap(picturesOf))];
    const vectors = {
      texts: await vectorsOf(session, texts, (text) => ({ text })),
      pictures: await vectorsOf(session, pictures, (file) => ({ image: { path: pictureOf(set, file) } })),
    };
    const figures = figuresOf(set, vectors);
    const result = {
      set: set.name,
      ...madeBy(first),
      checksum: await first.model.checksum(),
      tasks: figures,
    };
    const json = JSON.stringify(result, undefined, 2);
    if (flags.out !== undefined) await writeFile(flags.out as string, `${json}\n`);
    if (session.isJson) {
      print(json);
      return;
    }
    print(`${set.name}: ${result.model}, ${result.dtype}, ${result.runtime ?? ''}`);
    for (const entry of figures) print(`${entry.name} (${entry.n}): ${lineOf(entry)}`);
    const done = new Set(figures.map(({ name }) => name));
    for (const { name } of set.tasks) if (!done.has(name)) print(`${name}: not done`);
  });
}
