import { existsSync } from 'node:fs';
import path from 'node:path';
import type { PixelPlan } from '../core/image/index.js';
import {
  createTokenizer,
  parseMerges,
  tokenizerJsonInSteps,
  vocabularyInSteps,
  type Tokenizer,
} from '../core/text/index.js';
import {
  buildImageTower,
  buildTextTower,
  filesOf,
  type Checkpoint,
  type StoredTensor,
} from '../encoders/index.js';
import { ClipgraphError } from '../errors/index.js';
import { inSlices } from '../isolation/turns.js';
import type { GraphForm, TowerKind, TowerSource } from '../runtime/index.js';
import { readJson } from './files/json.js';
import { digestOf, readText, sizeOf } from './files/read.js';
import { checksumOf } from './identity.js';
import { pixelPlanOf, type Manifest } from './manifest.js';
import { externalDataOf, findWeights } from './layout/layout.js';
import { checkTokenizerJson } from './layout/tokenizer-json.js';
import { openWords } from './layout/words/open-words.js';
import { lazily } from './lazily.js';
import { openCheckpoint, resolveLinks, WEIGHT_FILES } from './checkpoint/weights.js';
import { wordsOf } from './words.js';

/** The names of a tower's tensors. */
const OF_TOWER: Readonly<Record<TowerKind, RegExp>> = { text: /^text_/, image: /^vis(ion|ual)_/ };

/** A model on disk. Its files are read when they are first needed. */
export class Model {
  readonly manifest: Manifest;
  /** Where its files are. */
  readonly folder: string;
  readonly #checksum = lazily(() => this.#computeChecksum());
  readonly #tokenizer = lazily(() => this.#readTokenizer());
  readonly #checkpoint: () => Promise<Checkpoint>;
  readonly #sizes = lazily(() => this.#measure());
  /** By tower and form. */
  readonly #built = new Map<string, Promise<Pick<TowerSource, 'graph' | 'weights'>>>();

  /**
   * @param checkpoint of the manifest's weights, where it was read already
   */
  constructor(folder: string, manifest: Manifest, checkpoint?: Checkpoint) {
    this.folder = folder;
    this.manifest = manifest;
    this.#checkpoint = lazily(() =>
      checkpoint === undefined ? this.#readCheckpoint() : Promise.resolve(checkpoint),
    );
  }

  get id(): string {
    return this.manifest.id;
  }

  get pixelPlan(): PixelPlan {
    return pixelPlanOf(this.manifest);
  }

  /** SHA-256 over all that determines its numbers: its files, and how they are read. */
  checksum(): Promise<string> {
    return this.#checksum();
  }

  /**
   * The files that determine its numbers, relative to its folder.
   *
   * @throws MODEL_UNAVAILABLE when the weights are damaged, or missing
   */
  async files(): Promise<string[]> {
    return [...new Set([...(await this.#filesByName()).values()].flat())];
  }

  /** By their names in the manifest: of weights, the shards; of a graph, itself and the files that its weights are in. */
  async #filesByName(): Promise<ReadonlyMap<string, readonly string[]>> {
    const { towers, tokenizer } = this.manifest;
    const files = new Map<string, readonly string[]>();
    for (const graph of [towers.text?.graph, towers.image?.graph])
      if (graph !== undefined) files.set(graph, this.#filesOfGraph(graph));
    for (const file of Object.values(tokenizer ?? {})) files.set(file, [file]);
    if (this.#isBuilt) files.set(this.#weights, filesOf(await this.#checkpoint()));
    return files;
  }

  #filesOfGraph(graph: string): string[] {
    return [graph, ...externalDataOf(graph).filter((file) => existsSync(path.join(this.folder, file)))];
  }

  /** Bytes of the weights of each tower that it has. */
  sizes(): Promise<Partial<Record<TowerKind, number>>> {
    return this.#sizes();
  }

  async #measure(): Promise<Partial<Record<TowerKind, number>>> {
    const checkpoint = this.#isBuilt ? await this.#checkpoint() : new Map<string, StoredTensor>();
    const bytesOf = async (kind: TowerKind): Promise<number | undefined> => {
      const tower = this.manifest.towers[kind];
      if (tower === undefined) return undefined;
      const parts =
        tower.graph === undefined
          ? [...checkpoint].filter(([name]) => OF_TOWER[kind].test(name)).map(([, { length }]) => length)
          : await Promise.all(this.#filesOfGraph(tower.graph).map((file) => sizeOf(this.folder, file)));
      return parts.reduce((sum, bytes) => sum + bytes, 0);
    };
    return { text: await bytesOf('text'), image: await bytesOf('image') };
  }

  /**
   * @throws MODALITY_NOT_SUPPORTED for a model without a tokenizer
   */
  tokenizer(): Promise<Tokenizer> {
    return this.#tokenizer();
  }

  /**
   * The tower that reads this kind of content.
   *
   * @param output one vector for the content, or one for each token of a text
   * @param form in which the runtime wants a graph that is built
   * @throws MODALITY_NOT_SUPPORTED when the model has none, or gives no such output; MODEL_UNAVAILABLE when it is not to be had in
   *   that form
   */
  async tower(
    kind: TowerKind,
    output: 'pooled' | 'states' = 'pooled',
    form: GraphForm = {},
  ): Promise<TowerSource> {
    const { id, towers, dimensions, contextLength, padding } = this.manifest;
    const tower = towers[kind];
    if (tower === undefined) throw this.#unsupported(kind);
    const isPerToken = output === 'states';
    const name = isPerToken ? tower.states : tower.output;
    if (name === undefined) {
      const message = `The model ${id} gives one vector for a text, none for its tokens. Choose a CLIP, such as openai/clip-vit-large-patch14.`;
      throw new ClipgraphError('MODALITY_NOT_SUPPORTED', message);
    }
    if (tower.graph !== undefined && form.precision !== undefined) {
      const message = `The model ${id} is made of ONNX graphs, which stay in their own precision: ${form.precision} is for safetensors and PyTorch checkpoints. Choose another precision for the runtime, or such a checkpoint.`;
      throw new ClipgraphError('MODEL_UNAVAILABLE', message);
    }
    const formKey = [form.precision, form.attention, form.bias].filter((part) => part !== undefined);
    const key = [await this.checksum(), kind, ...(tower.graph === undefined ? formKey : [])].join(':');
    return {
      key,
      kind,
      manifest: {
        model: id,
        input: tower.input,
        output: name,
        dimensions,
        isPerToken,
        // The states of all places of the context are wanted, those after the text's end too.
        padding: {
          id: padding.id,
          length: isPerToken || padding.to === 'context' ? contextLength : undefined,
        },
      },
      bytes: (await this.sizes())[kind] ?? 0,
      ...(tower.graph === undefined
        ? await this.#builtOnce(key, kind, form)
        : { graph: { path: path.join(this.folder, tower.graph) } }),
    };
  }

  /** One that could not be built is built again when it is asked for again. */
  #builtOnce(key: string, kind: TowerKind, form: GraphForm): Promise<Pick<TowerSource, 'graph' | 'weights'>> {
    const known = this.#built.get(key);
    if (known !== undefined) return known;
    const built = this.#build(kind, form);
    this.#built.set(key, built);
    built.catch(() => this.#built.delete(key));
    return built;
  }

  /** The graph of a tower over the folder's safetensors files, which stay where they are. */
  async #build(kind: TowerKind, form: GraphForm): Promise<Pick<TowerSource, 'graph' | 'weights'>> {
    const { encoders, imageSize } = this.manifest;
    const { folder, checkpoint } = await resolveLinks(this.folder, await this.#checkpoint());
    const { text, image } = encoders;
    const bytes =
      kind === 'text'
        ? text && buildTextTower(checkpoint, text, form)
        : image && buildImageTower(checkpoint, image, { imageSize, normalization: this.pixelPlan }, form);
    if (bytes === undefined) {
      const message = `The model ${this.id} does not say what its ${kind} tower's encoder is (encoders.${kind}).`;
      throw new ClipgraphError('MODEL_UNAVAILABLE', message);
    }
    const used = new Map([...checkpoint].filter(([name]) => OF_TOWER[kind].test(name)));
    const parts = [...used.values()].map(({ file, offset, length }) => ({ file, offset, length }));
    return { graph: { bytes }, weights: { folder, files: filesOf(used), parts } };
  }

  /**
   * The tensors of the weights that its towers are built over.
   *
   * @throws MODEL_UNAVAILABLE for a model of ONNX graphs, or damaged weights
   */
  checkpoint(): Promise<Checkpoint> {
    if (this.#isBuilt) return this.#checkpoint();
    const message = `The model ${this.id} is made of ONNX graphs; only safetensors and PyTorch checkpoints can be brought to another precision.`;
    throw new ClipgraphError('MODEL_UNAVAILABLE', message);
  }

  /** The name of the weights that towers are built over. */
  get #weights(): string {
    const has = (file: string): boolean => existsSync(path.join(this.folder, file));
    const weights = this.manifest.weights ?? findWeights({ folder: '', weights: WEIGHT_FILES }, has);
    if (weights !== undefined) return weights;
    throw new ClipgraphError('MODEL_UNAVAILABLE', `The model ${this.id} has no model.safetensors.`);
  }

  async #readCheckpoint(): Promise<Checkpoint> {
    return openCheckpoint(this.folder, this.#weights, this.manifest.projection);
  }

  async #computeChecksum(): Promise<string> {
    const files = await this.#filesByName();
    const digests = new Map<string, string>();
    for (const file of new Set([...files.values()].flat()))
      digests.set(file, await digestOf(this.folder, file));
    const manifest = this.#isBuilt ? { ...this.manifest, weights: this.#weights } : this.manifest;
    return checksumOf(manifest, (name) => (files.get(name) ?? []).map((file) => digests.get(file) ?? ''));
  }

  /** Whether one of its towers has no graph of its own. */
  get #isBuilt(): boolean {
    const { text, image } = this.manifest.towers;
    return [text, image].some((tower) => tower !== undefined && tower.graph === undefined);
  }

  async #readTokenizer(): Promise<Tokenizer> {
    const { tokenizer, contextLength, addedTokens } = this.manifest;
    if (tokenizer === undefined) throw this.#unsupported('text');
    const words = wordsOf(this.manifest);
    if (words !== undefined) return openWords(this.folder, tokenizer, words, contextLength);
    if ('json' in tokenizer) {
      const value = await readJson(this.folder, tokenizer.json);
      checkTokenizerJson(value, tokenizer.json);
      return createTokenizer(await inSlices(tokenizerJsonInSteps(value)), contextLength, addedTokens);
    }
    if (!('vocabulary' in tokenizer)) throw this.#unsupported('text');
    const [vocabulary, merges] = await Promise.all([
      readJson(this.folder, tokenizer.vocabulary),
      readText(this.folder, tokenizer.merges),
    ]);
    const steps = vocabularyInSteps(vocabulary, parseMerges(merges));
    return createTokenizer(await inSlices(steps), contextLength, addedTokens);
  }

  #unsupported(kind: TowerKind): ClipgraphError {
    const message = `The model ${this.id} has no ${kind} tower: it cannot read a ${kind}.`;
    return new ClipgraphError('MODALITY_NOT_SUPPORTED', message);
  }
}
