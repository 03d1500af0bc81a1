import { existsSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import type { Config } from '../config/index.js';
import { describePlan } from '../core/image/index.js';
import { openCatalog } from '../engine/index.js';
import { ClipgraphError } from '../errors/index.js';
import {
  cachedRepositories,
  convertModel,
  hubReferenceOf,
  Hub,
  hubSettings,
  KNOWN_MODELS,
  KNOWN_NAMES,
  openModel,
  parseHubReference,
  summarizeTokenizer,
  verifySnapshot,
  type HubReference,
  type Model,
} from '../models/index.js';
import { addConfigFlags, configOf } from './config-flags.js';
import { print } from './embedding-command.js';
import { addExamples } from './help.js';
import { pullProgress } from './pull-progress.js';

type Flags = Readonly<Record<string, unknown>>;

const EXAMPLES = [
  'clipgraph models',
  'clipgraph models pull openai/clip-vit-large-patch14',
  'clipgraph models info ViT-B/32',
  'clipgraph models verify',
  'clipgraph models rm openai/clip-vit-base-patch32',
];

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}

function hubOf({ weights }: Config): Hub {
  return new Hub({ progress: pullProgress(), weights });
}

/**
 * @throws MODEL_NOT_FOUND for a name that can't be on the hub
 */
function onHub(name: string): HubReference {
  const reference = parseHubReference(name);
  if (reference !== undefined) return reference;
  const known = KNOWN_NAMES.map(([short]) => short).join(', ');
  throw new ClipgraphError(
    'MODEL_NOT_FOUND',
    `"${name}" is no name on the hub: give owner/name, with @revision if need be, or one of ${known}.`,
  );
}

async function describe(model: Model) {
  const { aliases, revision, license, description, architecture, towers } = model.manifest;
  const { dimensions, contextLength, imageSize, logitScale, logitBias, scoring, dtype } = model.manifest;
  const sizes = await model.sizes();
  return {
    ...{ id: model.id, aliases, revision, checksum: await model.checksum() },
    ...{ architecture, dimensions, dtype, logitScale, logitBias, scoring, license, description },
    contextLength: towers.text && contextLength,
    imageSize: towers.image && imageSize,
    tokenizer: towers.text && summarizeTokenizer(model.manifest),
    preparation: towers.image && model.pixelPlan,
    /** Bytes of each tower's weights. */
    sizes,
  };
}

type Described = Awaited<ReturnType<typeof describe>>;

function printModel(
  { id, checksum, dimensions, dtype, contextLength, imageSize, description }: Described,
  isDefault: boolean,
): void {
  const reads = [
    contextLength && `texts of up to ${contextLength} tokens`,
    imageSize && `pictures of ${imageSize} × ${imageSize} pixels`,
  ];
  print(
    `${id}${isDefault ? ' (default)' : ''}  ${dimensions} numbers, ${dtype}, checksum ${checksum.slice(0, 12)}…`,
  );
  print(`  reads ${reads.filter(Boolean).join(' and ')}\n  ${description}`);
}

/** The models that have names of their own, and what one would choose them by. */
function listKnown(isJson: boolean): void {
  if (isJson) {
    print(JSON.stringify(KNOWN_MODELS));
    return;
  }
  for (const { id, names, license, parameters, languages, goodFor } of KNOWN_MODELS) {
    print(`${names[0]}  (${id})`);
    print(`  about ${parameters} million parameters; texts in ${languages}; licence: ${license}`);
    print(`  ${goodFor}`);
  }
}

async function list(flags: Flags): Promise<void> {
  if (flags.known === true) {
    listKnown(flags.json === true);
    return;
  }
  const catalog = await openCatalog(configOf(flags), pullProgress());
  const rows = await Promise.all(catalog.list().map(describe));
  const { cacheFolder } = hubSettings();
  const cached = await cachedRepositories(cacheFolder);
  if (flags.json === true) {
    print(JSON.stringify(rows.map((row) => ({ ...row, isDefault: row.id === catalog.default.id }))));
    return;
  }
  for (const row of rows) printModel(row, row.id === catalog.default.id);
  if (cached.length === 0) return;
  print(`\nIn the cache (${cacheFolder ?? 'none: this account has no home folder'}):`);
  for (const { id, bytes, revisions } of cached) {
    print(`  ${id}  ${megabytes(bytes)}  ${revisions.map(({ name }) => name).join(', ')}`.trimEnd());
  }
}

async function pull(names: readonly string[], flags: Flags): Promise<void> {
  const hub = hubOf(configOf(flags));
  for (const name of names) {
    const model = await hub.pull(onHub(name));
    printModel(await describe(model), false);
  }
}

/** The model of a name, wherever it is; it is not fetched. */
async function openHere(name: string, config: Config): Promise<Model> {
  const reference = hubReferenceOf(name);
  if (reference === undefined) return openModel(name, { hub: hubOf(config) });
  const model = await hubOf(config).findCached(reference);
  if (model !== undefined) return model;
  const message = `The model ${reference.id} is not in the cache. Fetch it: clipgraph models pull ${name}.`;
  throw new ClipgraphError('MODEL_NOT_FOUND', message);
}

async function verify(names: readonly string[], flags: Flags): Promise<void> {
  const config = configOf(flags);
  const configured = [
    config.model,
    ...config.models.map((entry) => (typeof entry === 'string' ? entry : entry.model)),
  ];
  for (const name of names.length > 0 ? names : configured) {
    const model = await openHere(name, config);
    const { checked, damaged } = await verifySnapshot(model);
    const checksum = await model.checksum();
    if (damaged.length > 0) {
      process.exitCode = 1;
      print(
        `${model.id}: damaged: ${damaged.join(', ')}. Remove it (clipgraph models rm) and fetch it again.`,
      );
    } else {
      print(`${model.id}: ${checked} files have the digests that the hub stated; checksum ${checksum}`);
    }
  }
}

async function remove(names: readonly string[], flags: Flags): Promise<void> {
  const hub = hubOf(configOf(flags));
  const cached = await cachedRepositories(hub.settings.cacheFolder);
  for (const name of names) {
    const { id } = onHub(name);
    const found = cached.find((entry) => entry.id === id);
    if (found === undefined)
      throw new ClipgraphError('MODEL_NOT_FOUND', `The model ${id} is not in the cache.`);
    await hub.cacheOf(id).remove();
    print(`${id}: ${megabytes(found.bytes)} freed`);
  }
}

/** Measured by bench:memory: what a process needs for each byte of a tower's weights, and a base of its own. */
const MEMORY = {
  cpu: { perByte: 1, base: 60e6, limit: Infinity },
  wasm: { perByte: 1.95, base: 250e6, limit: 4 * 2 ** 30 },
} as const;

async function info(name: string, flags: Flags): Promise<void> {
  const model = await openHere(name, configOf(flags));
  const described = await describe(model);
  const { text = 0, image = 0 } = described.sizes;
  const memory = Object.entries(MEMORY).map(([runtime, { perByte, base, limit }]) => {
    const bytes = Math.round(base + perByte * (text + image));
    return { runtime, bytes, fits: bytes < limit };
  });
  if (flags.json === true) {
    print(JSON.stringify({ ...described, memory, folder: path.resolve(model.folder) }));
    return;
  }
  printModel(described, false);
  print(`  ${described.architecture ?? 'CLIP'}; licence: ${described.license ?? 'not stated'}`);
  print(`  revision ${described.revision ?? 'none'}; checksum ${described.checksum}`);
  print(
    `  weights: texts ${text === 0 ? 'none' : megabytes(text)}, pictures ${image === 0 ? 'none' : megabytes(image)}`,
  );
  if (described.tokenizer !== undefined) print(`  texts: ${described.tokenizer}`);
  if (described.preparation !== undefined) print(`  pictures: ${describePlan(described.preparation)}`);
  for (const { runtime, bytes, fits } of memory) {
    print(
      `  memory on ${runtime}: about ${megabytes(bytes)}${fits ? '' : ', more than WebAssembly can have: it will not run there'}`,
    );
  }
}

async function quantize(name: string, folder: string, flags: Flags): Promise<void> {
  const config = configOf(flags);
  const dtype = config.dtype === 'stored' ? 'q8' : config.dtype;
  if (existsSync(folder))
    throw new ClipgraphError('BAD_USER_INPUT', `${folder} is there already; name another folder.`);
  const model = await openModel(name, { hub: hubOf(config) });
  await convertModel(model, dtype, folder);
  printModel(await describe(await openModel(folder)), false);
  print(`  serve it: clipgraph serve --model ${folder}`);
}

/** The command's arguments, and its flags: those that its parent has taken too. */
function withFlags(run: (...given: never[]) => Promise<void>) {
  return async (...given: unknown[]): Promise<void> => {
    const command = given.at(-1) as Command;
    await run(...([...given.slice(0, -2), command.optsWithGlobals()] as never[]));
  };
}

/** `clipgraph models`. */
export function modelsCommand(): Command {
  const create = (usage: string, description: string, run: (...given: never[]) => Promise<void>): Command => {
    const [name, ...args] = usage.split(' ');
    const created = new Command(name).description(description).option('--json', 'print one JSON value');
    for (const argument of args) created.argument(argument);
    return addConfigFlags(created).action(withFlags(run));
  };
  const subcommands = [
    create('list', 'The same.', list).option('--known', 'the models that can be named in short, instead'),
    create('pull <names...>', 'Fetch models of the hub into the cache, or bring them up to date.', pull),
    create(
      'verify [names...]',
      'Compare the files with the digests that the hub stated; the configured models if none is named.',
      verify,
    ),
    create('rm <names...>', 'Remove models of the hub from the cache.', remove),
    create('info <name>', 'What a model is, its licence, its size, and the memory that it will take.', info),
    create(
      'quantize <name> <folder>',
      'Write a model with weights of 8 bits (or as --dtype says) into a folder, to be served from there.',
      quantize,
    ),
  ];
  const description = 'The models: those that are configured, and those of the hub in the cache.';
  const command = addExamples(create('models', description, list), ...EXAMPLES);
  for (const subcommand of subcommands) command.addCommand(subcommand);
  return command;
}
