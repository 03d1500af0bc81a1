import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Precision } from './rates.js';

/** Contents a second of sentence-transformers. */
export interface PeerRate {
  readonly precision: Precision;
  readonly batch: number;
  readonly texts: number;
  readonly photographs: number;
}

export type PeerVectors = Record<'texts' | 'photographs', number[][]>;

interface PeerOptions {
  readonly python: string;
  readonly folder: string;
  readonly device: string;
  readonly photographs: readonly string[];
  readonly texts: readonly string[];
  readonly batches: readonly number[];
  readonly precisions: readonly Precision[];
  readonly seconds: number;
}

/** As seen from the checkout's root, where npm runs scripts. */
const PROGRAM = path.resolve('bench/gpu/sentence_transformers_peer.py');

/** Runs sentence-transformers over the same files. @returns why not, where it can't */
export async function measurePeer({ python, texts, ...options }: PeerOptions): Promise<{
  rates: PeerRate[];
  vectors: PeerVectors | undefined;
  failure: string | undefined;
}> {
  const file = path.join(options.folder, 'texts.json');
  writeFileSync(file, JSON.stringify(texts));
  const program = spawn(python, [PROGRAM, JSON.stringify({ ...options, texts: file })], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said: string[] = [];
  createInterface({ input: program.stderr }).on('line', (line) => said.push(line));
  const ended = new Promise<string | undefined>((resolve) => {
    program.on('error', (error) => {
      resolve(`${python} cannot be started: ${error.message}`);
    });
    program.on('close', (code) => {
      resolve(code === 0 ? undefined : `it ended with ${code}: ${said.slice(-3).join(' | ')}`);
    });
  });
  const rates: PeerRate[] = [];
  let vectors: PeerVectors | undefined;
  for await (const line of createInterface({ input: program.stdout })) {
    if (!line.startsWith('{')) continue;
    const row = JSON.parse(line) as PeerRate | { vectors: PeerVectors };
    if ('vectors' in row) vectors = row.vectors;
    else rates.push(row);
  }
  return { rates, vectors, failure: await ended };
}
