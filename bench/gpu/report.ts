import type { Differences } from './exactness.js';
import type { LibraryRate } from './library.js';
import type { PeerRate, PeerVectors } from './peer.js';
import type { Precision, Rate } from './rates.js';

export interface ShapeReport {
  readonly name: string;
  readonly rates: (Rate & { readonly precision: Precision; readonly isExtra: boolean })[];
  readonly library: LibraryRate[];
  readonly peer: PeerRate[];
  peerFailure?: string | undefined;
  /** The largest difference of a component from the peer's vectors of unit length, in exact. */
  peerDifference?: number;
}

export interface Report {
  readonly machine: string;
  readonly runtime: string;
  device: string | undefined;
  cores?: number;
  isNormalizationExact?: boolean;
  differences?: Differences[];
  conformance?: { readonly count: number; readonly failures: readonly string[] };
  readonly shapes: ShapeReport[];
  failures?: string[];
}

function scaled(vector: readonly number[]): number[] {
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

/** The largest difference of a component, vectors brought to unit length. */
export function differenceOf(ours: PeerVectors, theirs: PeerVectors): number {
  const pairs = (['texts', 'photographs'] as const).flatMap((kind) =>
    ours[kind].map((vector, i) => [scaled(vector), scaled(theirs[kind][i])] as const),
  );
  return Math.max(...pairs.flatMap(([a, b]) => a.map((value, i) => Math.abs(value - b[i]))));
}

/** Nothing where it was not measured. */
const shown = (value: number, text: string): string => (Number.isFinite(value) ? text : '–');
const whole = (value: number): string => shown(value, Math.round(value).toLocaleString('en'));
const ratio = (a: number, b: number): string => shown(b, (a / b).toFixed(2));

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line), ''];
}

function exactnessLines({ isNormalizationExact, differences, conformance }: Report): string[] {
  if (differences === undefined) return [];
  const rows = differences.map(({ precision, dtype, texts, photographs, alone }) => [
    precision,
    dtype,
    ...[texts, photographs, alone].map((value) => value.toExponential(1)),
  ]);
  return [
    '## Exactness',
    '',
    `Normalisation inside the graph, all samples of all channels: ${isNormalizationExact === true ? 'bit-equal' : 'NOT bit-equal'}.`,
    conformance === undefined
      ? 'The conformance suite was not run.'
      : `Conformance suite at 1e-5: ${conformance.count - conformance.failures.length} of ${conformance.count}.`,
    ...(conformance?.failures ?? []),
    '',
    'The tiny CLIP against PyTorch on a processor, vectors before scaling (promised of exact: 2e-5):',
    '',
    ...table(['precision', 'dtype', 'texts', 'pictures', 'alone against in a batch'], rows),
  ];
}

function bestOf(peer: readonly PeerRate[], precision: Precision, kind: 'texts' | 'photographs'): number {
  return Math.max(...peer.filter((row) => row.precision === precision).map((row) => row[kind]));
}

function shapeLines({ name, rates, library, peer, peerFailure, peerDifference }: ShapeReport): string[] {
  const rows = rates.map(({ kind, precision, isExtra, batch, bare, host, spread, cosine }) => [
    kind,
    isExtra ? `${precision}, attention as one operation` : precision,
    String(batch),
    whole(bare),
    whole(host),
    ratio(host, bare),
    `${(spread * 100).toFixed(0)} %`,
    cosine === undefined ? '' : (1 - cosine).toExponential(1),
  ]);
  const whereBare = (kind: string, precision: Precision): number =>
    Math.max(
      ...rates.filter((row) => row.kind === kind && row.precision === precision).map((row) => row.bare),
    );
  const users = library.map(({ precision, texts, photographs }) => [
    precision,
    whole(texts),
    ratio(texts, whereBare('text', precision)),
    whole(bestOf(peer, precision, 'texts')),
    ratio(texts, bestOf(peer, precision, 'texts')),
    whole(photographs),
    whole(bestOf(peer, precision, 'photographs')),
    ratio(photographs, bestOf(peer, precision, 'photographs')),
  ]);
  const heads = ['texts', 'of bare', 'sentence-transformers', 'ratio'];
  return [
    `## ${name}`,
    '',
    'Contents a second: ONNX Runtime alone, and the plugin behind its host, from crops and from token ids.',
    '',
    ...table(
      ['tower', 'precision', 'batch', 'bare', 'host', 'host / bare', 'spread', '1 − cosine to exact'],
      rows,
    ),
    'The library (`embedStream`) from texts and from JPEGs of 640 × 480, beside the best batch of sentence-transformers:',
    '',
    ...table(['precision', ...heads, 'JPEGs', 'sentence-transformers', 'ratio'], users),
    ...(peerDifference === undefined
      ? []
      : [`Largest difference from its vectors, of unit length: ${peerDifference.toExponential(1)}.`, '']),
    ...(peerFailure === undefined ? [] : [`sentence-transformers was not measured: ${peerFailure}.`, '']),
  ];
}

export function toMarkdown(report: Report): string {
  const { machine, cores, device, runtime, shapes, failures = [] } = report;
  return [
    `${machine}, ${cores} cores, runtime ${runtime}${device === undefined ? '' : ` on ${device}`}.`,
    '',
    ...exactnessLines(report),
    ...shapes.flatMap(shapeLines),
    ...failures.map((failure) => `Failed: ${failure}`),
  ].join('\n');
}
