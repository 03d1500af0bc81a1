import { statSync } from 'node:fs';
import path from 'node:path';
import { closest } from 'fastest-levenshtein';
import { PACKAGE_ROOT } from '../config/index.js';
import { ClipgraphError } from '../errors/index.js';
import { openFolder, type WeightsChoice } from './folder.js';
import { KNOWN_NAMES, parseHubReference } from './hub/names.js';
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
export async function openModel(name: string, hub: Hub, weights: WeightsChoice): Promise<Model> {
  if (name === STARTER) return openFolder(path.join(PACKAGE_ROOT, 'models', STARTER));
  if (statSync(name, { throwIfNoEntry: false })?.isDirectory() === true) return openFolder(name, { weights });
  const reference = isPath(name) ? undefined : parseHubReference(name);
  if (reference !== undefined) return hub.open(reference);
  throw new ClipgraphError(
    'MODEL_NOT_FOUND',
    `The model "${name}" is neither "${STARTER}", nor a folder, nor a name on the hub. Give a repository as owner/name, ` +
      `one of ${KNOWN_NAMES.map(([known]) => known).join(', ')}, or the path of a folder with config.json, vocab.json, ` +
      'merges.txt and model.safetensors.',
  );
}

/** What can only mean a place on the disk. */
function isPath(name: string): boolean {
  return /^[.~]{0,2}[\\/]/.test(name) || path.isAbsolute(name);
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
  static async open(
    names: readonly string[],
    hub = new Hub(),
    weights: WeightsChoice = 'checkpoint',
  ): Promise<ModelCatalog> {
    const models: Model[] = [];
    // One after the other: each has the whole line, and the terminal, for itself.
    for (const name of new Set(names)) models.push(await openModel(name, hub, weights));
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
    const nearest = closest(
      name.slice(0, 100),
      this.#models.map(({ id }) => id),
    );
    throw new ClipgraphError(
      'MODEL_NOT_FOUND',
      `No model of this name is configured. Did you mean "${nearest}"?`,
    );
  }
}
