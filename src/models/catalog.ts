import { statSync } from 'node:fs';
import path from 'node:path';
import { closest } from 'fastest-levenshtein';
import { PACKAGE_ROOT } from '../config/index.js';
import { ClipgraphError } from '../errors/index.js';
import { openFolder } from './folder.js';
import type { Model } from './model.js';

/** The model that ships with the package. */
export const STARTER = 'starter';

function folderOf(name: string): string {
  if (name === STARTER) return path.join(PACKAGE_ROOT, 'models', STARTER);
  if (statSync(name, { throwIfNoEntry: false })?.isDirectory() === true) return name;
  throw new ClipgraphError(
    'MODEL_NOT_FOUND',
    `The model "${name}" is neither "${STARTER}" nor a folder. Give the path of a folder with config.json, ` +
      'vocab.json, merges.txt and model.safetensors, or ONNX exports of its towers.',
  );
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
  static async open(names: readonly string[]): Promise<ModelCatalog> {
    const models = await Promise.all([...new Set(names)].map((name) => openFolder(folderOf(name))));
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
