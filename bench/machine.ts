import { cpus } from 'node:os';

/** What a printed figure was measured on. */
export function describeMachine(): string {
  const [{ model }] = cpus();
  return `${cpus().length} × ${model.trim()}, Node ${process.versions.node}, ${process.platform} ${process.arch}`;
}

/** The value that `share` of the values do not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
}
