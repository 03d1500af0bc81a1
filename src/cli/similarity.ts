import { Command } from 'commander';
import { askSimilarity } from '../engine/index.js';
import { addReadingFlags, contentOf } from './contents.js';
import { embeddingCommand, madeBy, print } from './embedding-command.js';
import { addExamples } from './help.js';

/** What a probability of one pair by itself means. */
function inWords(probability: number | undefined): string {
  if (probability === undefined) return '';
  return `${(probability * 100).toFixed(1)} % likely to belong together, by the model's sigmoid.`;
}

/** `clipgraph similarity`. */
export function similarityCommand(): Command {
  const command = new Command('similarity')
    .description('How alike two contents are: each a text, or the name of a picture file.')
    .argument('<a>', 'a text or a file')
    .argument('<b>', 'a text or a file');
  addExamples(
    command,
    'clipgraph similarity "a dog" photo.jpg',
    'clipgraph similarity "a dog" "a puppy" --json',
  );
  addReadingFlags(command);
  return embeddingCommand(command, async ({ ask, isJson, reading }, _flags, given) => {
    const [a, b] = given as [string, string];
    const similarity = await askSimilarity(ask, contentOf(a, reading).content, contentOf(b, reading).content);
    const { cosine, angle, distance, certainty, clipScore, logit, probability, interpretation } = similarity;
    const made = madeBy(similarity.a);
    if (isJson) {
      const scores = { cosine, angle, distance, certainty, clipScore, logit, probability, interpretation };
      print(JSON.stringify({ ...scores, ...made }));
      return;
    }
    print(
      `${cosine.toFixed(4)}\n${interpretation ?? inWords(probability)}\n(${made.model}, ${made.dtype}, on ${made.runtime})`,
    );
  });
}
