import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const COMMITTED = path.join(__dirname, 'goldens');
const WHOLE = path.join(__dirname, '..', '..', 'shared', 'goldens');

/** A file of the reference data: of the whole set where it is, else of the committed part. */
export function goldenPath(...names: string[]): string {
  const whole = path.join(WHOLE, ...names);
  return existsSync(whole) ? whole : path.join(COMMITTED, ...names);
}

export function readGoldenJson<Data>(...names: string[]): Data {
  return JSON.parse(readFileSync(goldenPath(...names), 'utf8')) as Data;
}

export function readGoldenLines<Data>(...names: string[]): Data[] {
  const lines = readFileSync(goldenPath(...names), 'utf8')
    .trim()
    .split('\n');
  return lines.map((line) => JSON.parse(line) as Data);
}

/** One way of preparing a picture, and what the reference makes of it. */
interface PictureExpectation {
  readonly convention: 'hf' | 'hf4' | 'openai';
  readonly size: number;
  readonly exif: 'ignored' | 'applied';
  readonly pillow: '13.0' | 'le-12.1';
  readonly resized: [number, number];
  readonly crop: [number, number];
  /** Over the raw RGB bytes of the crop. */
  readonly sha256: string;
  readonly tensor?: { readonly sha256: string };
}

export interface GoldenPicture {
  readonly name: string;
  readonly format: string;
  readonly pil_mode: string;
  readonly has_transparency: boolean;
  readonly expected: readonly PictureExpectation[];
}

export const GOLDEN_PICTURES = readGoldenJson<{ images: GoldenPicture[] }>(
  'preprocess',
  'manifest.json',
).images;

export interface GoldenText {
  readonly tag: string;
  readonly text: string;
  readonly hf: { readonly ids?: number[]; readonly error?: string };
  readonly openai: { readonly ids?: number[]; readonly error?: string };
}

export const GOLDEN_TEXTS = readGoldenLines<GoldenText>('tokenizer', 'cases.jsonl');
