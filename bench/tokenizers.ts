// Tokenizers of 250,000 pieces: how long opening one takes, and how much memory it keeps. Each is opened in a process of its own.
// Fails when one keeps more than 200 MB or takes more than a second.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openWords } from '../src/models/layout/words/open-words.js';
import { wordsSchema } from '../src/models/words.js';
import { describeMachine } from './machine.js';

const PIECES = 250_000;
const MOST_MB = 200;
const MOST_SECONDS = 1;
const ALPHABET = Array.from('etaoinshrdlucmfwypvbgkjqxzéüßñ犬猫馬乗宇宙飛行士のにたっ가나다라마');

/**
 * Pieces like those of a vocabulary of many languages, most with a beginning in common.
 *
 * @param most characters by which a piece is longer than the one that it begins with
 */
function pieces(most: number): string[] {
  let state = 1;
  const below = (bound: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % bound;
  };
  const all = new Set<string>(ALPHABET);
  const list = [...ALPHABET];
  while (all.size < PIECES) {
    const start = below(3) === 0 ? '▁' : list[below(list.length)];
    let piece = start;
    for (let more = 1 + below(most); more > 0; more--)
      piece += ALPHABET[Math.min(below(ALPHABET.length), below(ALPHABET.length))];
    if (piece.length > 16 || all.has(piece)) continue;
    all.add(piece);
    list.push(piece);
  }
  return list;
}

/** A BPE of pieces, each of which is the one that it begins with and its last character. */
function bytePair(list: readonly string[]): object {
  const vocab = Object.fromEntries(['<unk>', '▁', ...list].map((piece, id) => [piece, id]));
  const merges = list
    .map((piece) => [piece.slice(0, -1), piece.slice(-1)])
    .filter(([left, right]) => left in vocab && right in vocab);
  return { type: 'BPE', vocab, merges, unk_token: '<unk>', byte_fallback: true, fuse_unk: true };
}

const MODELS: Readonly<Record<string, (list: readonly string[]) => object>> = {
  Unigram: (list) => ({
    type: 'Unigram',
    unk_id: 0,
    vocab: [['<unk>', 0], ...list.map((piece, i) => [piece, -5 - i / PIECES])],
  }),
  BPE: bytePair,
  WordPiece: (list) => ({
    type: 'WordPiece',
    unk_token: '[UNK]',
    vocab: Object.fromEntries(
      ['[UNK]', ...list.map((piece) => piece.replace(/^▁/, '##'))].map((piece, id) => [piece, id]),
    ),
  }),
};

const megabytes = (): number => {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 2 ** 20;
};

/** Opens the tokenizer of a folder and says what that took. */
async function measure(folder: string): Promise<void> {
  const before = megabytes();
  const from = performance.now();
  const cpu = process.cpuUsage();
  const tokenize = await openWords(folder, { json: 'tokenizer.json' }, wordsSchema.parse({}), 77);
  const seconds = (performance.now() - from) / 1000;
  const cpuSeconds = process.cpuUsage(cpu).user / 1e6;
  const peak = process.resourceUsage().maxRSS / 1024;
  const { ids } = tokenize('a photograph of an astronaut 馬に乗った宇宙飛行士', { truncate: true });
  console.log(JSON.stringify({ seconds, cpuSeconds, kept: megabytes() - before, peak, tokens: ids.length }));
}

function main(): void {
  console.log(`${PIECES.toLocaleString('en')} pieces; ${describeMachine()}`);
  let isWithin = true;
  for (const [name, model] of Object.entries(MODELS)) {
    const folder = mkdtempSync(path.join(tmpdir(), 'clipgraph-tokenizers-'));
    writeFileSync(
      path.join(folder, 'tokenizer.json'),
      JSON.stringify({ model: model(pieces(name === 'BPE' ? 1 : 4)) }),
    );
    const args = ['--expose-gc', '--import', 'tsx', __filename, folder];
    const said = execFileSync(process.execPath, args, { encoding: 'utf8' });
    const { seconds, cpuSeconds, kept, peak } = JSON.parse(said) as Record<string, number>;
    console.log(
      `${name}: opened in ${seconds.toFixed(2)} s (${cpuSeconds.toFixed(2)} s of a core), keeps ${kept.toFixed(0)} MB; ` +
        `the process had ${peak.toFixed(0)} MB at most`,
    );
    isWithin &&= kept <= MOST_MB && Math.min(seconds, cpuSeconds) <= MOST_SECONDS;
    rmSync(folder, { recursive: true });
  }
  if (!isWithin) process.exitCode = 1;
}

if (process.argv.length > 2) void measure(process.argv[2]);
else main();
