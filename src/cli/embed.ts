import { Command, Option } from 'commander';
import { pack, type Embedding } from '../engine/index.js';
import { contentsOf, nameOf, type NamedContent } from './contents.js';
import { embedMany, embeddingCommand, madeBy, print } from './embedding-command.js';

type Format = 'numbers' | 'base64';

function asJson(content: NamedContent, embedding: Embedding | undefined, format: Format): object {
  if (embedding === undefined) return { content: nameOf(content), error: true };
  const { id, modality, vector, norm, isNormalized } = embedding;
  return {
    content: nameOf(content),
    modality,
    id,
    dimensions: vector.length,
    norm,
    isNormalized,
    vector: format === 'base64' ? pack(vector) : Array.from(vector),
    ...madeBy(embedding),
  };
}

function asLine(content: NamedContent, { vector }: Embedding): string {
  const first = Array.from(vector.subarray(0, 4), (value) => value.toFixed(4)).join(' ');
  return `[1, ${vector.length}]  ${first} …  ${nameOf(content)}`;
}

/** `clipgraph embed`. */
export function embedCommand(): Command {
  const command = new Command('embed')
    .description('The embeddings of texts and pictures.')
    .argument('<contents...>', 'texts, files, folders, patterns; - for the lines of standard input')
    .option('--jsonl', 'print one JSON object a line')
    .addOption(
      new Option('--vectors <format>', 'how JSON holds the numbers')
        .choices(['numbers', 'base64'])
        .default('numbers'),
    )
    .addHelpText(
      'after',
      '\nWhat cannot be embedded is said on standard error, and the exit code is 1.\n' +
        '\nExamples:\n  $ clipgraph embed "a dog" photo.jpg\n  $ clipgraph embed photos/ --jsonl --vectors base64 > vectors.jsonl\n' +
        '  $ clipgraph embed - --json < captions.txt',
    );
  return embeddingCommand(command, async ({ ask, isJson }, flags, given) => {
    const [args] = given as [string[]];
    const contents = await contentsOf(args);
    const embeddings = await embedMany(ask, contents);
    const format = flags.vectors as Format;
    const rows = (): object[] => contents.map((content, i) => asJson(content, embeddings[i], format));
    if (isJson) {
      print(JSON.stringify(rows()));
      return;
    }
    if (flags.jsonl === true) {
      for (const row of rows()) print(JSON.stringify(row));
      return;
    }
    for (const [i, embedding] of embeddings.entries()) {
      if (embedding !== undefined) print(asLine(contents[i], embedding));
    }
  });
}
