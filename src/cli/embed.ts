import { Command, Option } from 'commander';
import { pack, type Embedding } from '../engine/index.js';
import { ClipgraphError } from '../errors/index.js';
import { addListFlags, addReadingFlags, contentsOf } from './contents.js';
import {
  embeddingBar,
  embeddingCommand,
  madeBy,
  print,
  printPatiently,
  reportFailures,
} from './embedding-command.js';
import { embedInOrder } from './in-order.js';
import { addExamples } from './help.js';
import { oneLine } from './item-name.js';

type Format = 'numbers' | 'base64';

function asJson(name: string, result: Embedding | ClipgraphError, format: Format): object {
  if (result instanceof ClipgraphError) {
    return { content: name, error: { code: result.code, message: result.message } };
  }
  const { id, modality, vector, norm, isNormalized } = result;
  return {
    content: name,
    modality,
    id,
    dimensions: vector.length,
    norm,
    isNormalized,
    vector: format === 'base64' ? pack(vector) : Array.from(vector),
    ...madeBy(result),
  };
}

function asLine(name: string, { vector }: Embedding): string {
  const first = Array.from(vector.subarray(0, 4), (value) => value.toFixed(4)).join(' ');
  return `[1, ${vector.length}]  ${first} …  ${oneLine(name)}`;
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
    );
  command.addHelpText(
    'after',
    '\nWhat cannot be embedded is said on standard error and in its place in the JSON, and the exit code is 1.',
  );
  addExamples(
    command,
    'clipgraph embed "a dog" photo.jpg',
    'clipgraph embed photos/ --jsonl --vectors base64 > vectors.jsonl',
    'clipgraph embed - --json < captions.txt',
  );
  addReadingFlags(command);
  addListFlags(command);
  return embeddingCommand(command, async ({ embedder, options, reading, isJson }, flags, given) => {
    const [args] = given as [string[]];
    const { contents, count } = await contentsOf(args, reading);
    const format = flags.vectors as Format;
    const rows: object[] = [];
    // What is printed on the same terminal would be drawn over.
    const bar = process.stdout.isTTY ? undefined : embeddingBar(count);
    try {
      for await (const { item, result } of embedInOrder(embedder, contents, options)) {
        bar?.advance(1);
        if (result instanceof ClipgraphError) {
          bar?.stop();
          reportFailures([{ name: item.name, code: result.code, message: result.message }]);
        }
        if (isJson) rows.push(asJson(item.name, result, format));
        else if (flags.jsonl === true)
          await printPatiently(JSON.stringify(asJson(item.name, result, format)));
        else if (!(result instanceof ClipgraphError)) await printPatiently(asLine(item.name, result));
      }
    } finally {
      bar?.stop();
    }
    if (isJson) print(JSON.stringify(rows));
  });
}
