import { percentile } from '../machine.js';

export const cpuMs = (since: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
};

export interface Timing {
  readonly least: number;
  readonly median: number;
  readonly cpu: number;
}

export function time(runs: number, work: (run: number) => void): Timing {
  const times: number[] = [];
  const since = process.cpuUsage();
  for (let run = 0; run < runs; run++) {
    const start = performance.now();
    work(run);
    times.push(performance.now() - start);
  }
  return { least: Math.min(...times), median: percentile(times, 0.5), cpu: cpuMs(since) / runs };
}

/** The same of work that is waited for; threads count as CPU, too. */
export async function timeAsync(runs: number, work: (run: number) => Promise<unknown>): Promise<Timing> {
  const times: number[] = [];
  const since = process.cpuUsage();
  for (let run = 0; run < runs; run++) {
    const start = performance.now();
    await work(run);
    times.push(performance.now() - start);
  }
  return { least: Math.min(...times), median: percentile(times, 0.5), cpu: cpuMs(since) / runs };
}

export const show = ({ least, median, cpu }: Timing): string =>
  `${least.toFixed(1)} ms at least, median ${median.toFixed(1)} ms, ${cpu.toFixed(1)} ms of CPU`;
