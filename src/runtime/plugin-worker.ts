import { cropsToTensor } from '../core/image/index.js';
import { ClipgraphError } from '../errors/index.js';
import type { InPlaceProgram } from '../isolation/in-place.js';
import { loadPlugin } from '../plugins/loader.js';
import type {
  GraphTowerSource,
  Probe,
  RuntimeDefinition,
  RuntimePlugin,
  RuntimeTraits,
  Tower,
  TowerBatch,
  TowerSource,
} from './contract.js';
import { embeddingRows } from './onnx/reader.js';
import { explainOpenFailure, explainRunFailure } from './open-failure.js';
import { checkedVectors, checkIds, checkNames } from './tower-checks.js';
import { TowersHeld } from './towers-held.js';
import { Places } from './places.js';
import type { RunMessage, RunResult, StartParams, StartResult } from './wire.js';

/** A tower, and how many ids it has embeddings for where its graph says that. */
interface OpenTower {
  readonly tower: Tower;
  readonly rows: number | undefined;
  close(): Promise<void>;
}

interface Started {
  readonly traits: RuntimeTraits;
  readonly plugin: RuntimePlugin<GraphTowerSource>;
  readonly towers: TowersHeld<OpenTower>;
}

function toTowerBatch(batch: RunMessage['batch'], crops: Uint8Array): TowerBatch {
  if (batch.kind === 'text') return batch;
  const { size, imageSize, normalization } = batch;
  let pixels: Float32Array | undefined;
  return {
    kind: 'image',
    crops,
    get pixels() {
      return (pixels ??= cropsToTensor(crops, size, imageSize, normalization));
    },
    size,
    imageSize,
  };
}

/** What the plugin is given: the graph only if it asked for one. */
function sourceFor({ name, needsGraph }: RuntimeTraits, source: TowerSource): GraphTowerSource {
  const { key, kind, manifest, graph } = source;
  // It declared that it takes none, so that its `open` reads none.
  if (!needsGraph) return { key, kind, manifest } as GraphTowerSource;
  if (graph !== undefined) return { ...source, graph };
  const message = `The runtime ${name} runs a model's graph, and ${source.manifest.model} has none.`;
  throw new ClipgraphError('MODEL_UNAVAILABLE', message);
}

async function open({ traits, plugin }: Pick<Started, 'traits' | 'plugin'>, source: TowerSource) {
  try {
    const tower = await plugin.open(sourceFor(traits, source));
    const { graph, manifest, kind } = source;
    const rows = graph && kind === 'text' ? embeddingRows(graph, manifest.input) : undefined;
    return { tower, rows, close: () => tower.close() };
  } catch (error) {
    throw explainOpenFailure(error, source);
  }
}

/** Loads one plugin, holds its towers, and answers the host: what a runtime's process, thread or place in the server runs. */
export class PluginWorker implements InPlaceProgram {
  #started: Started | undefined;
  readonly #places = new Places();

  readonly handlers = {
    start: (params: StartParams) => this.#start(params),
    probe: (): Promise<Probe> => this.#require().plugin.probe(),
    run: (params: RunMessage, signal: AbortSignal, crops: Uint8Array) =>
      this.#places.use(params.atOnce, () => this.#run(params, signal, crops)),
  };

  async close(): Promise<void> {
    await this.#started?.towers.close();
  }

  /** Makes the plugin, if this is where it asks to run. */
  async #start({
    module,
    name,
    isolation,
    place,
    options,
    maxTowerBytes,
  }: StartParams): Promise<StartResult> {
    const definition = await loadPlugin(module);
    if (definition.kind !== 'runtime') {
      throw new TypeError(`It defines a ${definition.kind}, not a runtime.`);
    }
    const { create, ...traits } = definition as RuntimeDefinition<object, GraphTowerSource>;
    if (traits.name !== name) throw new TypeError(`It is named ${traits.name}, not ${name}.`);
    const wanted = isolation ?? traits.isolation;
    const { needsGraph } = traits;
    if (wanted !== place) return { isolation: wanted, needsGraph, isStarted: false };
    const plugin = create(options);
    const towers = new TowersHeld<OpenTower>({
      maxBytes: maxTowerBytes ?? Infinity,
      open: (source) => open({ traits, plugin }, source),
    });
    this.#started = { traits, plugin, towers };
    return { isolation: wanted, needsGraph, isStarted: true };
  }

  #require(): Started {
    if (this.#started === undefined) throw new Error('The runtime was not started.');
    return this.#started;
  }

  #run({ source, batch }: RunMessage, signal: AbortSignal, crops: Uint8Array): Promise<RunResult> {
    const { towers } = this.#require();
    return towers.use(source, async ({ tower, rows }) => {
      // Opening takes seconds: whoever waited may have left.
      signal.throwIfAborted();
      checkNames(tower, source);
      if (rows !== undefined) checkIds(batch, rows, source);
      const from = performance.now();
      const { output } = source.manifest;
      const run = tower.run(toTowerBatch(batch, crops), { outputs: [output], signal });
      const result = await run.catch((error: unknown) => {
        throw explainRunFailure(error, source, batch.size);
      });
      const vectors = checkedVectors(result[output], batch, source);
      const milliseconds = performance.now() - from;
      const { keys: held, bytes: heldBytes, openings } = towers;
      return { vectors, milliseconds, held, heldBytes, openings };
    });
  }
}
