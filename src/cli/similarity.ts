import { Command } from 'commander';
import { compare, openEmbedder } from '../engine/index.js';
import { createLog } from '../server/index.js';
import { addConfigFlags, configOf } from './config-flags.js';
import { contentOf } from './content-argument.js';

/** `clipgraph similarity`. */
export function similarityCommand(): Command {
  const command = new Command('similarity')
    .description('How alike two contents are: each a text, or the name of a picture file.')
    .argument('<a>', 'a text or a file')
    .argument('<b>', 'a text or a file')
    .option('--json', 'print one JSON object')
    .option('--truncate', "cut texts that are longer than the model's context")
    .addHelpText(
      'after',
      '\nExamples:\n  $ clipgraph similarity "a dog" photo.jpg\n  $ clipgraph similarity "a dog" "a puppy" --json',
    );
  return addConfigFlags(command).action(async (a: string, b: string, options: Record<string, unknown>) => {
    const config = configOf({ 'log.level': 'warn', ...options });
    const embedder = await openEmbedder(config, createLog(config.log));
    try {
      const scope = { signal: AbortSignal.timeout(config.limits.timeoutMs) };
      const embed = async (argument: string) =>
        embedder.embed(contentOf(argument), { truncate: options.truncate === true }, scope);
      const [left, right] = await Promise.all([embed(a), embed(b)]);
      const { cosine, angle, distance, certainty, clipScore, logit, interpretation } = compare(left, right);
      const made = { model: left.model.id, dtype: left.model.manifest.dtype, runtime: left.runtime?.name };
      const scores = { cosine, angle, distance, certainty, clipScore, logit, interpretation };
      process.stdout.write(
        options.json === true
          ? `${JSON.stringify({ ...scores, ...made })}\n`
          : `${cosine.toFixed(4)}\n${interpretation ?? ''}\n(${made.model}, ${made.dtype}, on ${made.runtime})\n`,
      );
    } finally {
      await embedder.close();
    }
  });
}
