import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { isTextModel } from '../../encoders/index.js';
import { ClipgraphError } from '../../errors/index.js';
import { folderError, noFolderError } from '../files/failures.js';
import { parseJson } from '../files/json.js';
import { CARD } from '../layout/card.js';
import {
  describeConfig,
  openFolder,
  readManifestFiles,
  type ModelOrigin,
  type WeightsChoice,
} from '../layout/folder.js';
import { MODULES } from '../layout/sentence-transformers.js';
import { MANIFEST } from '../manifest.js';
import type { Model } from '../model.js';
import { shardsOf } from '../checkpoint/weights.js';
import { RepositoryCache } from './cache.js';
import { chooseFiles, type Choice } from './choice.js';
import { HubClient, type Patience, type RemoteFile, type Repository } from './client.js';
import { checkSpace, download, type OnBytes } from './download.js';
import { inParallel } from './in-parallel.js';
import type { HubReference } from './names.js';
import { hubSettings, type HubSettings } from './settings.js';
import { makeFolder } from '../files/make-folder.js';

/** Told how a download gets on. */
export interface PullProgress {
  /** Once the files and their sizes are known; bytes. */
  start(model: string, files: number, bytes: number): void;
  /** Bytes that are on the disk; negative where they had to be thrown away. */
  advance(bytes: number): void;
  /** It is over, well or not. */
  stop(): void;
}

export interface HubOptions {
  readonly settings?: HubSettings;
  readonly patience?: Partial<Patience>;
  readonly progress?: PullProgress | undefined;
  /** What is taken of a model that has both. */
  readonly weights?: WeightsChoice;
}

const CACHE = 'The cache of the hub';
const SETTING = 'Set HF_HOME, HF_HUB_CACHE or XDG_CACHE_HOME';
const ignore: OnBytes = () => undefined;
/** Files whose sizes are asked for at a time. */
const QUESTIONS = 8;

/** Models of a hub: found in the cache that Python shares, or fetched into it. */
export class Hub {
  readonly settings: HubSettings;
  readonly weights: WeightsChoice;
  readonly #client: HubClient;
  readonly #progress: PullProgress | undefined;

  constructor({ settings = hubSettings(), patience, progress, weights = 'checkpoint' }: HubOptions = {}) {
    this.settings = settings;
    this.#client = new HubClient(settings, patience);
    this.#progress = progress;
    this.weights = weights;
  }

  /**
   * @throws MODEL_UNAVAILABLE for an account that has no place for a cache
   */
  cacheOf(id: string): RepositoryCache {
    return new RepositoryCache(this.#cacheFolder, id);
  }

  get #cacheFolder(): string {
    if (this.settings.cacheFolder !== undefined) return this.settings.cacheFolder;
    throw noFolderError(CACHE, SETTING);
  }

  /**
   * The model, from the cache if all of it is there: then the hub is not asked.
   *
   * @throws MODEL_NOT_FOUND, MODEL_UNAVAILABLE
   */
  async open(reference: HubReference): Promise<Model> {
    return (await this.findCached(reference)) ?? (await this.pull(reference));
  }

  /**
   * The model, if the cache holds all that it needs.
   *
   * @throws MODEL_UNAVAILABLE for a cache that may not be read
   */
  findCached(reference: HubReference): Promise<Model | undefined> {
    return this.#inCache(() => this.#find(reference));
  }

  /** What the disk refuses is said with the setting that moves the cache. */
  async #inCache<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (cause) {
      throw folderError(CACHE, SETTING, cause);
    }
  }

  async #find(reference: HubReference): Promise<Model | undefined> {
    const cache = this.cacheOf(reference.id);
    const candidates = [
      [cache, await cache.commitOf(reference.revision)],
      [cache, await cache.commitOf(reference.revision, 'clipgraph')],
    ] as [RepositoryCache, string | undefined][];
    if (reference.onnx !== undefined) {
      // Not because it happens to be there: only what an earlier pull has taken in this one's place.
      const exports = this.cacheOf(reference.onnx);
      candidates.push([exports, await exports.commitOf(reference.revision, 'clipgraph')]);
    }
    for (const [from, commit] of candidates) {
      const model =
        commit === undefined ? undefined : await this.#openWhole(reference, from.snapshot(commit), commit);
      if (model !== undefined) return model;
    }
    return undefined;
  }

  /**
   * Asks the hub what the revision is now, and fetches what is not in the cache.
   *
   * @throws MODEL_NOT_FOUND, MODEL_UNAVAILABLE
   */
  pull(reference: HubReference): Promise<Model> {
    return this.#inCache(() => this.#pull(reference));
  }

  async #pull(reference: HubReference): Promise<Model> {
    await makeFolder(this.#cacheFolder); // Before anything is fetched for it.
    const { id, revision, onnx } = reference;
    const asked = await this.#client.repository(id, revision);
    const found = await this.#chooseSource(asked, reference);
    if (found !== undefined) return this.#fetch(reference, found.repository, found.choice, asked.commit);
    if (onnx !== undefined) {
      const repository = await this.#client.repository(onnx, 'main');
      const choice = chooseFiles(repository.files, 'onnx');
      if (choice !== undefined) return this.#fetch(reference, repository, choice, repository.commit);
    }
    const message =
      `The repository ${id} holds no CLIP that can be read: it needs config.json (or open_clip_config.json) with ` +
      'model.safetensors, pytorch_model.bin, or onnx/text_model.onnx and onnx/vision_model.onnx; at its top, in 0_CLIPModel/, ' +
      'or in text_encoder/.';
    throw new ClipgraphError('MODEL_UNAVAILABLE', message);
  }

  /** Safetensors of the revision, else those of the hub's conversion, else what the revision has. */
  async #chooseSource(
    asked: Repository,
    { id, revision }: HubReference,
  ): Promise<{ repository: Repository; choice: Choice | undefined } | undefined> {
    if (asked.files.includes(MANIFEST)) return { repository: asked, choice: undefined };
    const choice = chooseFiles(asked.files, this.weights);
    if (choice === undefined) return undefined;
    if (!choice.isPickled || revision !== 'main') return { repository: asked, choice };
    for (const conversion of await this.#client.conversions(id)) {
      const repository = await this.#client.repository(id, conversion);
      const converted = chooseFiles(repository.files, this.weights);
      if (converted !== undefined && !converted.isPickled) return { repository, choice: converted };
    }
    return { repository: asked, choice };
  }

  async #fetch(
    reference: HubReference,
    repository: Repository,
    /** Undefined for a repository with a manifest, which says itself what is needed. */
    choice: Choice | undefined,
    askedCommit: string,
  ): Promise<Model> {
    const { id, commit } = repository;
    const cache = this.cacheOf(id);
    const locate = (file: string) => this.#client.file(id, commit, file);
    const fetchSmall = async (file: string): Promise<{ remote: RemoteFile; text: string }> => {
      const remote = await locate(file);
      await this.#download(cache, id, remote);
      return { remote, text: await readFile(cache.blob(remote.etag), 'utf8') };
    };

    // What it is, before gigabytes of what can't be used are fetched.
    const first = await fetchSmall(choice?.config ?? MANIFEST);
    const described = parseJson(first.remote.path, first.text);
    const isOfModules = choice?.files.includes(MODULES) === true && isTextModel(described);
    if (choice !== undefined && !isOfModules) describeConfig(choice.layout, described);
    const weights = choice?.weights;
    const index = weights?.endsWith('.index.json') === true ? await fetchSmall(weights) : undefined;
    const held = index === undefined ? [weights] : shardsOf(index.remote.path, index.text);
    const rest = choice === undefined ? readManifestFiles(described) : [...choice.files, ...held];
    const card = repository.files.includes(CARD) ? CARD : undefined;
    const files = [...new Set([...rest, card].filter((file) => file !== undefined))];
    const remotes = await inParallel(files, QUESTIONS, locate);

    const missing = remotes.filter(({ etag }) => !existsSync(cache.blob(etag)));
    const bytes = missing.reduce((sum, { size }) => sum + size, 0);
    if (missing.length > 0) {
      await checkSpace(this.#cacheFolder, bytes);
      this.#progress?.start(reference.id, missing.length, bytes);
      try {
        for (const remote of missing) {
          await this.#download(cache, id, remote, (count) => this.#progress?.advance(count));
        }
      } finally {
        this.#progress?.stop();
      }
    }
    // The configuration last: a snapshot that has it is whole.
    const known = [...remotes, ...(index === undefined ? [] : [index.remote]), first.remote];
    for (const { path: file, etag } of known) await cache.link(commit, file, etag);
    await cache.setRef(id === reference.id ? reference.revision : 'main', askedCommit);
    if (commit !== askedCommit || id !== reference.id)
      await cache.setRef(reference.revision, commit, 'clipgraph');
    return openFolder(cache.snapshot(commit), originOf(reference, commit, this.weights));
  }

  #download(cache: RepositoryCache, id: string, remote: RemoteFile, onBytes?: OnBytes): Promise<void> {
    return download(this.#client, cache, id, remote, onBytes ?? ignore);
  }

  /** A snapshot as a model, if nothing of it is missing. */
  async #openWhole(reference: HubReference, folder: string, commit: string): Promise<Model | undefined> {
    try {
      const model = await openFolder(folder, originOf(reference, commit, this.weights));
      const files = await model.files();
      return files.every((file) => existsSync(path.join(folder, file))) ? model : undefined;
    } catch (error) {
      // Half of a model, of another program or another choice of files: it is fetched.
      if (error instanceof ClipgraphError && error.code === 'MODEL_UNAVAILABLE') return undefined;
      throw error;
    }
  }
}

function originOf(
  { id, as = id, aliases }: HubReference,
  revision: string,
  weights: WeightsChoice,
): ModelOrigin {
  return { id: as, aliases, revision, weights };
}
