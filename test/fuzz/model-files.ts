import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { anyValue } from './contents.js';
import { damage, mutate, type Random } from './random.js';

const TINY_CLIP = path.join(__dirname, '..', 'goldens', 'tiny-clip');
const STARTER = path.join(__dirname, '..', '..', 'models', 'starter');
const PYTORCH = path.join(__dirname, '..', 'goldens', 'layouts', 'tiny-clip.bin');

/** The files of a small CLIP of transformers, by the name that they have in its folder. */
const FILES: Readonly<Record<string, string>> = {
  'config.json': path.join(TINY_CLIP, 'config.json'),
  'model.safetensors': path.join(TINY_CLIP, 'model.safetensors'),
  'vocab.json': path.join(STARTER, 'vocab.json'),
  'merges.txt': path.join(STARTER, 'merges.txt'),
};
/** Files that may be there too. */
const OTHERS: Readonly<Record<string, () => string>> = {
  'preprocessor_config.json': () =>
    JSON.stringify({ size: 224, do_resize: true, resample: 3, crop_size: 224 }),
  'processor_config.json': () => JSON.stringify({ image_processor: { size: { shortest_edge: 30 } } }),
  'tokenizer_config.json': () => JSON.stringify({ pad_token: '!', model_max_length: 77 }),
  'special_tokens_map.json': () => JSON.stringify({ bos_token: '<|startoftext|>', pad_token: '!' }),
  'added_tokens.json': () => JSON.stringify({ '<x>': 49408 }),
};

/** One value of JSON, anywhere in it, changed for another. */
function otherValue(text: string, random: Random): string {
  const values = [...text.matchAll(/: (?:"[^"]*"|[-\d.e]+|true|false|null|\[[^\]]*\])/g)];
  if (values.length === 0) return text;
  const { index, 0: found } = random.pick(values);
  return `${text.slice(0, index)}: ${JSON.stringify(anyValue(random))}${text.slice(index + found.length)}`;
}

function damagedFile(name: string, bytes: Buffer, random: Random): Buffer {
  if (name === 'model.safetensors' && random.chance(0.8)) {
    return mutate(bytes, random, 0, 8 + Number(bytes.readBigUInt64LE()));
  }
  if (name.endsWith('.json') && bytes.length < 50_000 && random.chance(0.5)) {
    return Buffer.from(otherValue(String(bytes), random));
  }
  return damage(bytes, random);
}

/** Writes the folder of a model of which a file is damaged, has it opened, and takes it away again. */
export async function withModelFolder<Result>(
  random: Random,
  open: (folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = mkdtempSync(path.join(tmpdir(), 'clipgraph-fuzz-'));
  try {
    mkdirSync(folder, { recursive: true });
    for (const [name, file] of Object.entries(FILES)) copyFileSync(file, path.join(folder, name));
    if (random.chance(0.15)) {
      rmSync(path.join(folder, 'model.safetensors'));
      copyFileSync(PYTORCH, path.join(folder, 'pytorch_model.bin'));
    }
    for (const [name, write] of Object.entries(OTHERS)) {
      if (random.chance(0.3)) writeFileSync(path.join(folder, name), write());
    }
    const names = readdirSync(folder).sort();
    for (let i = random.chance(0.8) ? 1 : 2; i > 0; i--) {
      const file = path.join(folder, random.pick(names));
      writeFileSync(file, damagedFile(path.basename(file), readFileSync(file), random));
    }
    return await open(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
