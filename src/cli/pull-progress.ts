import type { PullProgress } from '../models/index.js';
import { createProgressBar, timeLeft, type ProgressBar } from './progress-bar.js';

const MEGABYTE = 1e6;
/** Elsewhere than on a terminal: a line every so many percent. */
const LINE_PERCENT = 10;

function inMegabytes(bytes: number): string {
  return `${(bytes / MEGABYTE).toFixed(bytes < 10 * MEGABYTE ? 1 : 0)} MB`;
}

/** What a line says: how fast it goes, and how long it takes yet. */
function pace(done: number, total: number, since: number): string {
  const seconds = (performance.now() - since) / 1000;
  return `${inMegabytes(done / Math.max(seconds, 0.001))}/s${timeLeft(done, total, since)}`;
}

/** Shows on standard error how a download gets on: a bar on a terminal, plain lines elsewhere. */
export function pullProgress(stream: NodeJS.WriteStream = process.stderr): PullProgress {
  let [model, total, done, since, said] = ['', 0, 0, 0, 0];
  let bar: ProgressBar | undefined;
  const percentOf = (bytes: number): number => (total === 0 ? 100 : Math.floor((100 * bytes) / total));
  return {
    start(name, files, bytes) {
      [model, total, done, since, said] = [name, bytes, 0, performance.now(), 0];
      stream.write(`Fetching ${name}: ${files} ${files === 1 ? 'file' : 'files'}, ${inMegabytes(bytes)}\n`);
      if (!stream.isTTY) return;
      bar = createProgressBar(
        stream,
        total,
        (fetched) => `${percentOf(fetched)} %  ${pace(fetched, total, since)}`,
      );
    },
    advance(bytes) {
      done += bytes;
      if (bar !== undefined) {
        bar.advance(bytes);
        return;
      }
      const percent = Math.floor(percentOf(done) / LINE_PERCENT) * LINE_PERCENT;
      if (percent <= said) return;
      said = percent;
      stream.write(
        `${model}: ${percent} %, ${inMegabytes(done)} of ${inMegabytes(total)}, ${pace(done, total, since)}\n`,
      );
    },
    stop() {
      bar?.stop();
      bar = undefined;
    },
  };
}
