import { Command } from 'commander';
import { openCatalog } from '../engine/index.js';
import { addConfigFlags, configOf } from './config-flags.js';
import { print } from './embedding-command.js';

/** `clipgraph models`. */
export function modelsCommand(): Command {
  const command = new Command('models')
    .description('The models that are configured, and what they are.')
    .option('--json', 'print one JSON value')
    .addHelpText(
      'after',
      '\nExamples:\n  $ clipgraph models\n  $ clipgraph models --models ./my-clip,./another --json',
    );
  return addConfigFlags(command).action(async (flags: Readonly<Record<string, unknown>>) => {
    const catalog = await openCatalog(configOf(flags));
    const rows = await Promise.all(
      catalog.list().map(async (model) => {
        const {
          aliases,
          license,
          description,
          dimensions,
          contextLength,
          imageSize,
          logitScale,
          dtype,
          towers,
        } = model.manifest;
        return {
          ...{
            id: model.id,
            aliases,
            isDefault: model === catalog.default,
            checksum: await model.checksum(),
          },
          ...{ dimensions, dtype, logitScale, license, description },
          contextLength: towers.text && contextLength,
          imageSize: towers.image && imageSize,
        };
      }),
    );
    if (flags.json === true) {
      print(JSON.stringify(rows));
      return;
    }
    for (const {
      id,
      isDefault,
      checksum,
      dimensions,
      dtype,
      contextLength,
      imageSize,
      description,
    } of rows) {
      const reads = [
        contextLength && `texts of up to ${contextLength} tokens`,
        imageSize && `pictures of ${imageSize} × ${imageSize} pixels`,
      ];
      print(
        `${id}${isDefault ? ' (default)' : ''}  ${dimensions} numbers, ${dtype}, checksum ${checksum.slice(0, 12)}…`,
      );
      print(`  reads ${reads.filter(Boolean).join(' and ')}\n  ${description}`);
    }
  });
}
