import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { cacheHome, suggestion, PACKAGE_ROOT } from '../config/index.js';
import { ClipgraphError } from '../errors/index.js';
import { convertedFolder, convertModel, type Dtype } from './conversion/conversion.js';
import { removeLeftovers } from './conversion/leftovers.js';
import { errnoOf, noFolderError, readError } from './files/failures.js';
import { openFolder } from './layout/folder.js';
import { KNOWN_NAMES, parseHubReference, type HubReference } from './hub/names.js';
import { Hub } from './hub/pull.js';
import type { Model } from './model.js';

/** The model that ships with the package. */
export const STARTER = 'starter';

/**
 * Opens a model by what its user calls it: `starter`, a folder, or a name on the hub, from where it is fetched unless the
 * cache has it.
 *
 * @throws MODEL_NOT_FOUND, MODEL_UNAVAILABLE
 */
export async function openModel(
  name: string,
  { hub = new Hub(), dtype = 'stored', id }: ModelOptions = {},
): Promise<Model> {
  const model = await openStored(name, hub, id);
  if (dtype === 'stored' || dtype === model.manifest.dtype) return model;
  const folder = await convertedFolder(model, dtype, conversionCache());
  await removeLeftovers(path.dirname(folder));
  if (!existsSync(folder)) await convertModel(model, dtype, folder);
  return openFolder(folder);
}

/** What a name means on the hub; undefined for what is on this machine, or can't be a name there. */
export function hubReferenceOf(name: string): HubReference | undefined {
  const isHere = name === STARTER || isFolder(name) || /^[.~]{0,2}[\\/]/.test(name) || path.isAbsolute(name);
  return isHere ? undefined : parseHubReference(name);
}

function isFolder(name: string): boolean {
  try {
    return statSync(name, { throwIfNoEntry: false })?.isDirectory() === true;
  } catch (cause) {
    // Its path is too long for one, or may not be searched.
    if (errnoOf(cause) === 'ENAMETOOLONG') return false;
    throw readError(name, cause);
  }
}

async function openStored(name: string, hub: Hub, id: string | undefined): Promise<Model> {
  if (name === STARTER) return openFolder(path.join(PACKAGE_ROOT, 'models', STARTER));
  if (isFolder(name)) return openFolder(name, { weights: hub.weights, id });
  const reference = hubReferenceOf(name);
  if (reference !== undefined)
    return hub.open(id === undefined ? reference : { ...reference, as: id, aliases: [] });
  throw new ClipgraphError(
    'MODEL_NOT_FOUND',
    `The model "${name}" is neither "${STARTER}", nor a folder, nor a name on the hub. Give a repository as owner/name, ` +
      `one of ${KNOWN_NAMES.map(([known]) => known).join(', ')}, or the path of a folder with config.json, vocab.json, ` +
      'merges.txt and model.safetensors.',
  );
}

/** Without those that are named twice. */
function distinct(names: readonly (string | ConfiguredModel)[]): (string | ConfiguredModel)[] {
  return [...new Map(names.map((name) => [JSON.stringify(name), name])).values()];
}

/** Where models are kept that were brought to another precision. */
function conversionCache(): string {
  const cache = cacheHome();
  if (cache === undefined)
    throw noFolderError('The cache of models in another precision', 'Set XDG_CACHE_HOME');
  return path.join(cache, 'clipgraph', 'converted');
}

/** How a model is opened. */
export interface ModelOptions {
  readonly hub?: Hub;
  /** `stored`: as its file has it. */
  readonly dtype?: Dtype | 'stored';
  /** What it is called instead of its own name. */
  readonly id?: string | undefined;
}

/** A model as the configuration names it. */
export interface ConfiguredModel extends Pick<ModelOptions, 'dtype' | 'id'> {
  readonly model: string;
}

/** The models that a request may name. */
export class ModelCatalog {
  readonly #models: readonly Model[];

  private constructor(models: readonly Model[]) {
    this.#models = models;
  }

  /**
   * @param names of the configured models, the default one first
   * @throws MODEL_NOT_FOUND, MODEL_UNAVAILABLE
   */
  static async open(names: readonly (string | ConfiguredModel)[], hub = new Hub()): Promise<ModelCatalog> {
    const models: Model[] = [];
    // One after the other: each has the whole line, and the terminal, for itself.
    for (const name of distinct(names)) {
      const { model, ...how } = typeof name === 'string' ? { model: name } : name;
      models.push(await openModel(model, { hub, ...how }));
    }
    const ids = models.flatMap(({ manifest }) => [manifest.id, ...manifest.aliases]);
    const twice = ids.find((id, i) => ids.indexOf(id) !== i);
    if (twice !== undefined) {
      throw new ClipgraphError(
        'BAD_USER_INPUT',
        `Two models are named "${twice}"; give one another id or alias.`,
      );
    }
    return new ModelCatalog(models);
  }

  get default(): Model {
    return this.#models[0];
  }

  list(): readonly Model[] {
    return this.#models;
  }

  /**
   * @param name an id or alias; the default model if absent
   * @throws MODEL_NOT_FOUND with the nearest name
   */
  get(name?: string): Model {
    if (name === undefined) return this.default;
    const model = this.#models.find(
      ({ manifest }) => manifest.id === name || manifest.aliases.includes(name),
    );
    if (model !== undefined) return model;
    const names = this.#models.flatMap(({ manifest }) => [manifest.id, ...manifest.aliases]);
    const message = `No model of this name is configured.${suggestion(name, names)} Query models { id } for the names.`;
    throw new ClipgraphError('MODEL_NOT_FOUND', message);
  }
}
