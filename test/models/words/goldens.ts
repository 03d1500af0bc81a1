import { cpSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseSentencePiece, type Tokenizer } from '../../../src/core/text/index.js';
import { openWords } from '../../../src/models/layout/words/open-words.js';
import type { FamilyWords } from '../../../src/encoders/index.js';
import { readWords } from '../../../src/models/layout/words/read-words.js';
import { wordsSchema } from '../../../src/models/words.js';

const GOLDENS = path.join(__dirname, '..', '..', 'goldens', 'words');
const WHOLE = path.join(__dirname, '..', '..', '..', '..', 'shared', 'dual-encoders', 'tokenizer');

/** sentencepiece's map of characters, which several files have: in the committed ones its name stands for it. */
const MAP = 'nmt_nfkc';
const mapOf = (): string => {
  const { map } = parseSentencePiece(readFileSync(path.join(GOLDENS, 'siglip', 'spiece.model')));
  return Buffer.from(map).toString('base64');
};

/** The tokenizers of the reference data, whole. */
export const TOKENIZERS = ['bert-zh', 'gemma', 'mbert', 'siglip', 't5', 'xlmr', 'xlmr-fairseq'] as const;
export type TokenizerName = (typeof TOKENIZERS)[number];

const made = new Map<TokenizerName, string>();

/** The folder of a tokenizer's files, of which a test may not change any. */
export function folderOf(name: TokenizerName): string {
  let folder = made.get(name);
  if (folder === undefined) {
    folder = copyOf(name);
    made.set(name, folder);
  }
  return folder;
}

/** A copy of a tokenizer's files. */
export function copyOf(name: TokenizerName): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'clipgraph-words-'));
  cpSync(path.join(GOLDENS, name), folder, { recursive: true });
  if (readdirSync(folder).includes('tokenizer.json')) {
    const file = path.join(folder, 'tokenizer.json');
    writeFileSync(
      file,
      readFileSync(file, 'utf8').replace(`"${MAP}"`, () => `"${mapOf()}"`),
    );
  }
  return folder;
}

/** A tokenizer as its files state it, for texts of any length. */
export async function openTokenizer(
  name: TokenizerName,
  family: FamilyWords = {},
  changes: Partial<ReturnType<typeof wordsSchema.parse>> = {},
  contextLength = Infinity,
): Promise<Tokenizer> {
  const folder = folderOf(name);
  const { tokenizer, words } = await readWords(folder, '', family);
  return openWords(folder, tokenizer, wordsSchema.parse({ ...words, ...changes }), contextLength);
}

export interface WordsCase {
  readonly text: string;
  readonly ids: Readonly<Record<string, number[]>>;
}

/** Texts whose best way hangs on how its scores are rounded; ids by transformers 5.24.0 with sentencepiece 0.2.3. */
const SUMS = readFileSync(path.join(GOLDENS, 'siglip-sums.jsonl'), 'utf8');

/** Hard strings: all of the reference data where they are, else the committed ones. */
export function readCases(): WordsCase[] {
  let text: string;
  try {
    text = readFileSync(path.join(WHOLE, 'cases.jsonl'), 'utf8');
  } catch {
    text = readFileSync(path.join(GOLDENS, 'cases.jsonl'), 'utf8');
  }
  return `${text.trim()}\n${SUMS}`
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as WordsCase);
}
