import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { PixelPlan } from '../core/image/index.js';
import { createTokenizer, parseTokenizerJson, parseVocabulary, type Tokenizer } from '../core/text/index.js';
import { ClipgraphError } from '../errors/index.js';
import type { TowerKind, TowerSource } from '../runtime/index.js';
import { checksumOf } from './checksum.js';
import { buildImageTower, buildTextTower } from './graph/towers.js';
import { pixelPlanOf, type Manifest } from './manifest.js';
import { filesOf, type Checkpoint, type StoredTensor } from './checkpoint/checkpoint.js';
import { findWeights } from './layout/layout.js';
import { openCheckpoint, resolveLinks, WEIGHT_FILES } from './checkpoint/weights.js';

/** The names of a tower's tensors. */
const OF_TOWER: Readonly<Record<TowerKind, RegExp>> = { text: /^text_/, image: /^vis(ion|ual)_/ };

/** A model on disk. Its files are read when they are first needed. */
export class Model {
  readonly manifest: Manifest;
  /** Where its files are. */
  readonly folder: string;
  #checksum: Promise<string> | undefined;
  #tokenizer: Promise<Tokenizer> | undefined;
  #checkpoint: Promise<Checkpoint> | undefined;
  #sizes: Promise<Partial<Record<TowerKind, number>>> | undefined;
  readonly #built = new Map<TowerKind, Promise<Pick<TowerSource, 'graph' | 'weights'>>>();

  /**
   * @param checkpoint of the manifest's weights, where it was read already
   */
  constructor(folder: string, manifest: Manifest, checkpoint?: Checkpoint) {
    this.folder = folder;
    this.manifest = manifest;
    this.#checkpoint = checkpoint && Promise.resolve(checkpoint);
  }

  get id(): string {
    return this.manifest.id;
  }

  get pixelPlan(): PixelPlan {
    return pixelPlanOf(this.manifest);
  }

  /** SHA-256 over the files that determine its numbers. */
  checksum(): Promise<string> {
    this.#checksum ??= this.#reading(this.#computeChecksum());
    return this.#checksum;
  }

  /**
   * The files that determine its numbers, relative to its folder.
   *
   * @throws MODEL_UNAVAILABLE when the weights are damaged, or missing
   */
  async files(): Promise<string[]> {
    const { towers, tokenizer } = this.manifest;
    const graphs = [towers.text?.graph, towers.image?.graph].filter((file) => file !== undefined);
    const weights = this.#isBuilt ? filesOf(await this.#openCheckpoint()) : [];
    return [...graphs, ...Object.values(tokenizer ?? {}), ...weights];
  }

  /** Bytes of the weights of each tower that it has. */
  sizes(): Promise<Partial<Record<TowerKind, number>>> {
    this.#sizes ??= this.#measure();
    return this.#sizes;
  }

  async #measure(): Promise<Partial<Record<TowerKind, number>>> {
    const checkpoint = this.#isBuilt ? await this.#openCheckpoint() : new Map<string, StoredTensor>();
    const sizeOf = async (kind: TowerKind): Promise<number | undefined> => {
      const tower = this.manifest.towers[kind];
      if (tower === undefined) return undefined;
      if (tower.graph !== undefined) return (await stat(path.join(this.folder, tower.graph))).size;
      return [...checkpoint]
        .filter(([name]) => OF_TOWER[kind].test(name))
        .reduce((sum, [, { length }]) => sum + length, 0);
    };
    return { text: await sizeOf('text'), image: await sizeOf('image') };
  }

  /**
   * @throws MODALITY_NOT_SUPPORTED for a model without a tokenizer
   */
  tokenizer(): Promise<Tokenizer> {
    this.#tokenizer ??= this.#readTokenizer();
    return this.#tokenizer;
  }

  /**
   * The tower that reads this kind of content.
   *
   * @param output one vector for the content, or one for each token of a text
   * @throws MODALITY_NOT_SUPPORTED when the model has none, or gives no such output
   */
  async tower(kind: TowerKind, output: 'pooled' | 'states' = 'pooled'): Promise<TowerSource> {
    const { id, towers, dimensions, contextLength, padding } = this.manifest;
    const tower = towers[kind];
    if (tower === undefined) throw this.#unsupported(kind);
    const isPerToken = output === 'states';
    const name = isPerToken ? tower.states : tower.output;
    if (name === undefined) {
      const message = `The model ${id} gives one vector for a text, none for its tokens. Choose a CLIP, such as openai/clip-vit-large-patch14.`;
      throw new ClipgraphError('MODALITY_NOT_SUPPORTED', message);
    }
    return {
      key: `${await this.checksum()}:${kind}`,
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
        ? await this.#builtOnce(kind)
        : { graph: { path: path.join(this.folder, tower.graph) } }),
    };
  }

  /** Every content asks for its tower: the graph is built for the first one. */
  #builtOnce(kind: TowerKind): Promise<Pick<TowerSource, 'graph' | 'weights'>> {
    const known = this.#built.get(kind);
    if (known !== undefined) return known;
    const building = this.#build(kind);
    this.#built.set(kind, building);
    return building;
  }

  /** The graph of a tower over the folder's safetensors files, which stay where they are. */
  async #build(kind: TowerKind): Promise<Pick<TowerSource, 'graph' | 'weights'>> {
    const { encoders, imageSize } = this.manifest;
    const { folder, checkpoint } = await resolveLinks(this.folder, await this.#openCheckpoint());
    const { text, image } = encoders;
    const bytes =
      kind === 'text'
        ? text && buildTextTower(checkpoint, text)
        : image && buildImageTower(checkpoint, { ...image, imageSize });
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
    if (this.#isBuilt) return this.#openCheckpoint();
    const message = `The model ${this.id} is made of ONNX graphs; only safetensors and PyTorch checkpoints can be brought to another precision.`;
    throw new ClipgraphError('MODEL_UNAVAILABLE', message);
  }

  #openCheckpoint(): Promise<Checkpoint> {
    this.#checkpoint ??= this.#readCheckpoint();
    return this.#checkpoint;
  }

  async #readCheckpoint(): Promise<Checkpoint> {
    const has = (file: string): boolean => existsSync(path.join(this.folder, file));
    const weights = this.manifest.weights ?? findWeights({ folder: '', weights: WEIGHT_FILES }, has);
    if (weights !== undefined) return openCheckpoint(this.folder, weights);
    throw new ClipgraphError('MODEL_UNAVAILABLE', `The model ${this.id} has no model.safetensors.`);
  }

  async #computeChecksum(): Promise<string> {
    const { encoders, preparation, contextLength, imageSize } = this.manifest;
    return checksumOf(this.folder, await this.files(), {
      preparation,
      contextLength,
      imageSize,
      ...(this.#isBuilt && { encoders }),
    });
  }

  /** Whether one of its towers has no graph of its own. */
  get #isBuilt(): boolean {
    const { text, image } = this.manifest.towers;
    return [text, image].some((tower) => tower !== undefined && tower.graph === undefined);
  }

  async #readTokenizer(): Promise<Tokenizer> {
    const { tokenizer, contextLength } = this.manifest;
    if (tokenizer === undefined) throw this.#unsupported('text');
    const read = (name: string) => this.#reading(readFile(path.join(this.folder, name), 'utf8'));
    if ('json' in tokenizer)
      return createTokenizer(parseTokenizerJson(await read(tokenizer.json)), contextLength);
    const [vocabulary, merges] = await Promise.all([read(tokenizer.vocabulary), read(tokenizer.merges)]);
    return createTokenizer(parseVocabulary(vocabulary, merges), contextLength);
  }

  async #reading<Value>(work: Promise<Value>): Promise<Value> {
    try {
      return await work;
    } catch (cause) {
      if (cause instanceof ClipgraphError) throw cause;
      const file = path.basename((cause as NodeJS.ErrnoException).path ?? 'a file');
      throw new ClipgraphError(
        'MODEL_UNAVAILABLE',
        `The model ${this.id} cannot be read: ${file} is missing.`,
        { cause },
      );
    }
  }

  #unsupported(kind: TowerKind): ClipgraphError {
    const message = `The model ${this.id} has no ${kind} tower: it cannot read a ${kind}.`;
    return new ClipgraphError('MODALITY_NOT_SUPPORTED', message);
  }
}
