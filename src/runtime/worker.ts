// The entry of a runtime's process or thread: loads one plugin and answers the host.
import { cropsToTensor } from '../core/image/index.js';
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
import { answerRequests } from '../isolation/answer.js';
import { loadPlugin } from '../plugins/loader.js';
import type { RunParams, RunResult, StartParams, StartResult, WireBatch } from './wire.js';

interface OpenTower {
  readonly tower: Promise<Tower>;
  readonly bytes: number;
  /** Batches under way. */
  running: number;
}

let plugin: RuntimePlugin | undefined;
let maxTowerBytes = Infinity;
/** In the order of their last use. */
const towers = new Map<string, OpenTower>();

async function start({ module, options, maxTowerBytes: budget }: StartParams): Promise<StartResult> {
  const factory = await loadPlugin(module);
  if (typeof factory !== 'function') {
    throw new Error(
      'The default export is not a function: export default defineRuntime((options) => ({ … })).',
    );
  }
  const definition = factory as RuntimeDefinition;
  plugin = definition(options);
  maxTowerBytes = budget ?? Infinity;
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
    if (cause instanceof ClipgraphError) throw cause;
    throw new ClipgraphError(
      'MODEL_UNAVAILABLE',
      `The ${kind} tower of ${manifest.model} cannot be opened: its graph is damaged, or uses what the runtime does not know.`,
      { cause },
    );
  }
  return tower;
}

/** Closes the towers that were not used for the longest time, until there is room for another one. */
async function makeRoom({ bytes = 0, kind, manifest }: TowerSource): Promise<void> {
  if (bytes > maxTowerBytes) {
    throw new ClipgraphError(
      'MODEL_UNAVAILABLE',
      `The ${kind} tower of ${manifest.model} has ${bytes} bytes of weights; a worker may hold ${maxTowerBytes} (memory.maxModelBytes).`,
    );
  }
  let held = [...towers.values()].reduce((sum, open) => sum + open.bytes, 0);
  for (const [key, { tower, bytes: freed, running }] of towers) {
    if (held + bytes <= maxTowerBytes) return;
    if (running > 0) continue;
    towers.delete(key);
    held -= freed;
    await tower.then((open) => open.close()).catch(() => undefined);
  }
}

/** The tower, which counts as used until `running` is taken back. */
async function use(source: TowerSource): Promise<OpenTower> {
  const known = towers.get(source.key);
  if (known !== undefined) {
    towers.delete(source.key);
    towers.set(source.key, known);
    known.running++;
    return known;
  }
  await makeRoom(source);
  const opened: OpenTower = { tower: openChecked(source), bytes: source.bytes ?? 0, running: 1 };
  towers.set(source.key, opened);
  opened.tower.catch(() => towers.delete(source.key));
  return opened;
}

function toTowerBatch(batch: WireBatch): TowerBatch {
  if (batch.kind === 'text') return batch;
  const { crops, size, imageSize, normalization } = batch;
  return { kind: 'image', pixels: cropsToTensor(crops, size, imageSize, normalization), size, imageSize };
}

/** What the plugin returned, if it is what was asked for: finite numbers, `[size, dimensions]` or `[size, length, width]`. */
function checkedVectors(
  tensor: Tensor | undefined,
  batch: WireBatch,
  { manifest }: TowerSource,
): Float32Array {
  const { dimensions, isPerToken = false } = manifest;
  const shape = tensor?.dims.join(' × ') ?? 'nothing';
  const perContent =
    isPerToken && batch.kind === 'text' ? [batch.length, tensor?.dims.at(-1) ?? 0] : [dimensions];
  const expected = [batch.size, ...perContent];
  const count = expected.reduce((product, dim) => product * dim, 1);
  if (
    tensor?.dims.length !== expected.length ||
    tensor.dims.some((dim, i) => dim !== expected[i]) ||
    count === 0
  ) {
    throw new ClipgraphError(
      'RUNTIME_UNAVAILABLE',
      `The runtime returned ${shape} for ${manifest.output} where ${expected.join(' × ')} was expected.`,
    );
  }
  if (tensor.data.length !== count || !tensor.data.every(Number.isFinite)) {
    throw new ClipgraphError(
      'RUNTIME_UNAVAILABLE',
      `The runtime returned values for ${manifest.output} that are missing or not finite numbers: the model's weights are damaged, or the runtime is.`,
    );
  }
  // A plugin may keep its numbers in another kind of array.
  return Float32Array.from(tensor.data);
}

async function run({ source, batch }: RunParams, signal: AbortSignal): Promise<RunResult> {
  const used = await use(source);
  try {
    const tower = await used.tower;
    checkShape(tower, source);
    const from = performance.now();
    const outputs = [source.manifest.output];
    const result = await tower.run(toTowerBatch(batch), { outputs, signal });
    const vectors = checkedVectors(result[source.manifest.output], batch, source);
    return { vectors, milliseconds: performance.now() - from, held: [...towers.keys()] };
  } finally {
    used.running--;
  }
}

answerRequests({
  start,
  probe: (): Promise<Probe> => started().probe(),
  run,
});
