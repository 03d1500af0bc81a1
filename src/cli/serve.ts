import { Command } from 'commander';
import { VERSION } from '../config/index.js';
import { createLog, startServer } from '../server/index.js';
import { addConfigFlags, configOf } from './config-flags.js';
import { pullProgress } from './pull-progress.js';
import { addExamples } from './help.js';

/** `clipgraph serve`. */
export function serveCommand(): Command {
  const command = new Command('serve').description('Serve the GraphQL endpoint and the page.');
  addExamples(
    command,
    'clipgraph serve --port 8080',
    'clipgraph serve --model openai/clip-vit-large-patch14',
    'clipgraph serve --model ./my-clip --runtime cpu',
  );
  return addConfigFlags(command).action(async (options: Record<string, unknown>) => {
    const config = configOf(options);
    const server = await startServer(config, createLog(config.log), pullProgress());
    const { id, manifest } = server.embedder.models.default;
    const runtime = await server.embedder.runtimes.default();
    const { explorer } = config.server;
    process.stdout.write(
      `Clipgraph ${VERSION}: model ${id} on ${runtime.name}\n` +
        `  page      ${server.url}/\n` +
        `  GraphQL   ${server.url}/graphql${explorer === 'off' ? '' : '  (in a browser: the explorer)'}\n` +
        `${manifest.description}\n`,
    );
    let isEnding = false;
    const endOn = (signal: NodeJS.Signals, drainMs: number): void => {
      process.on(signal, () => {
        if (isEnding) process.exit(1); // Asked twice: at once.
        isEnding = true;
        void server.close({ drainMs }).then(() => process.exit(0));
      });
    };
    endOn('SIGINT', 0); // A person at the terminal does not wait for a balancer.
    endOn('SIGTERM', config.server.drainMs);
  });
}
