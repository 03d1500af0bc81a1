// The entry of a runtime's process or thread: loads one plugin and answers the host.
import { cropsToTensor } from '../clip/image/index.js';
import { ClipgraphError } from '../errors/index.js';
import type {
  Probe,
  RuntimeDefinition,
  RuntimePlugin,
  Tensor,
  Tower,
  TowerBatch,
  TowerSource,
} from './contract.js';
import { answerRequests } from './isolation/answer.js';
import { loadPlugin } from './plugin-loader.js';
import type { RunParams, RunResult, StartParams, StartResult, WireBatch } from './wire.js';

let plugin: RuntimePlugin | undefined;
const towers = new Map<string, Promise<Tower>>();

async function start({ module, options }: StartParams): Promise<StartResult> {
  const factory = await loadPlugin(module);
  if (typeof factory !== 'function') {
    throw new Error(
      'The default export is not a function: export default defineRuntime((options) => ({ … })).',
    );
  }
  const definition = factory as RuntimeDefinition;
  plugin = definition(options);
  return { name: plugin.name, isolation: definition.isolation ?? 'process' };
}

function started(): RuntimePlugin {
  if (plugin === undefined) throw new Error('The runtime was not started.');
  return plugin;
}

function checkShape(tower: Tower, { manifest }: TowerSource): void {
  for (const [role, name, infos] of [
    ['input', manifest.input, tower.inputs],
    ['output', manifest.output, tower.outputs],
  ] as const) {
    if (!infos.some((info) => info.name === name)) {
      const found = infos.map((info) => info.name).join(', ');
      throw new ClipgraphError(
        'MODEL_UNAVAILABLE',
        `The graph has no ${role} named ${name}; it has ${found}. Name it in the model's clipgraph.json.`,
      );
    }
  }
}

async function openChecked(source: TowerSource): Promise<Tower> {
  const { kind, manifest } = source;
  let tower: Tower;
  try {
    tower = await started().open(source);
  } catch (cause) {
    throw new ClipgraphError(
      'MODEL_UNAVAILABLE',
      `The ${kind} tower of ${manifest.model} cannot be opened: its graph is damaged, or uses what the runtime does not know.`,
      { cause },
    );
  }
  checkShape(tower, source);
  return tower;
}

function open(source: TowerSource): Promise<Tower> {
  const known = towers.get(source.key);
  if (known !== undefined) return known;
  const opening = openChecked(source);
  towers.set(source.key, opening);
  opening.catch(() => towers.delete(source.key));
  return opening;
}

function toTowerBatch(batch: WireBatch): TowerBatch {
  if (batch.kind === 'text') return batch;
  const { crops, size, imageSize, normalization } = batch;
  return { kind: 'image', pixels: cropsToTensor(crops, size, imageSize, normalization), size, imageSize };
}

/** What the plugin returned, if it is what was asked for: finite numbers, `[size, dimensions]`. */
function checkedVectors(tensor: Tensor | undefined, size: number, { manifest }: TowerSource): Float32Array {
  const shape = tensor?.dims.join(' × ') ?? 'nothing';
  if (tensor?.dims.length !== 2 || tensor.dims[0] !== size || tensor.dims[1] !== manifest.dimensions) {
    throw new ClipgraphError(
      'RUNTIME_UNAVAILABLE',
      `The runtime returned ${shape} for ${manifest.output} where ${size} × ${manifest.dimensions} was expected.`,
    );
  }
  if (tensor.data.length !== size * manifest.dimensions || !tensor.data.every(Number.isFinite)) {
    throw new ClipgraphError(
      'RUNTIME_UNAVAILABLE',
      `The runtime returned values for ${manifest.output} that are missing or not finite numbers.`,
    );
  }
  // A plugin may keep its numbers in another kind of array.
  return Float32Array.from(tensor.data);
}

async function run({ source, batch }: RunParams, signal: AbortSignal): Promise<RunResult> {
  const tower = await open(source);
  const from = performance.now();
  const outputs = [source.manifest.output];
  const result = await tower.run(toTowerBatch(batch), { outputs, signal });
  const vectors = checkedVectors(result[source.manifest.output], batch.size, source);
  return { vectors, milliseconds: performance.now() - from };
}

answerRequests({
  start,
  probe: (): Promise<Probe> => started().probe(),
  run,
});
