import { readFileSync } from 'node:fs';
import path from 'node:path';
import { goldenPath } from '../golden-data.js';
import { readSafetensors, toSafetensors } from '../safetensors.js';

const STARTER = path.join(__dirname, '..', '..', 'models', 'starter');

function padded(safetensors: Buffer, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  // Not all the same, so that a piece in the wrong place is noticed.
  for (let at = 0; at + 4 <= length; at += 4096) bytes.writeUInt32LE(at, at);
  const unused = { dtype: 'U8', shape: [length], bytes };
  return toSafetensors(readSafetensors(safetensors).set('unused', unused));
}

/** The files of tiny CLIP as a repository has them; `extra` bytes of an unused tensor make its weights as large as need be. */
export function tinyClip(extra = 0): Record<string, Buffer> {
  const golden = (name: string): Buffer => readFileSync(goldenPath('tiny-clip', name));
  const weights = golden('model.safetensors');
  return {
    'README.md': Buffer.from('---\nlicense: mit\n---\n# A tiny CLIP\n'),
    'config.json': golden('config.json'),
    'preprocessor_config.json': golden('preprocessor_config.json'),
    'model.safetensors': extra === 0 ? weights : padded(weights, extra),
    'vocab.json': readFileSync(path.join(STARTER, 'vocab.json')),
    'merges.txt': readFileSync(path.join(STARTER, 'merges.txt')),
    // Never fetched.
    'flax_model.msgpack': Buffer.alloc(1000),
    'pytorch_model.bin': Buffer.alloc(1000),
  };
}
