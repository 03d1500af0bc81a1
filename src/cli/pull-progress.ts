import { SingleBar } from 'cli-progress';
import type { PullProgress } from '../models/index.js';

const MEGABYTE = 1e6;
/** Elsewhere than on a terminal: a line every so many percent. */
const LINE_PERCENT = 10;

function inMegabytes(bytes: number): string {
  return `${(bytes / MEGABYTE).toFixed(bytes < 10 * MEGABYTE ? 1 : 0)} MB`;
}

/** What a line says: how fast it goes, and how long it takes yet. */
function pace(done: number, total: number, since: number): string {
  const seconds = (performance.now() - since) / 1000;
  const rate = done / Math.max(seconds, 0.001);
  const left = rate > 0 ? Math.ceil((total - done) / rate) : undefined;
  const minutes =
    left === undefined ? '' : `, ${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')} left`;
  return `${inMegabytes(rate)}/s${minutes}`;
}

/** Shows on standard error how a download gets on: a bar on a terminal, plain lines elsewhere. */
export function pullProgress(stream: NodeJS.WriteStream = process.stderr): PullProgress {
  let [model, total, done, since, said] = ['', 0, 0, 0, 0];
  let bar: SingleBar | undefined;
  return {
    start(name, files, bytes) {
      [model, total, done, since, said] = [name, bytes, 0, performance.now(), 0];
      stream.write(`Fetching ${name}: ${files} ${files === 1 ? 'file' : 'files'}, ${inMegabytes(bytes)}\n`);
      if (!stream.isTTY) return;
      bar = new SingleBar({
        stream,
        format: '{bar} {percentage} %  {pace}',
        clearOnComplete: true,
        hideCursor: true,
      });
      bar.start(bytes, 0, { pace: '' });
    },
    advance(bytes) {
      done += bytes;
      if (bar !== undefined) {
        bar.update(done, { pace: pace(done, total, since) });
        return;
      }
      const percent = total === 0 ? 100 : Math.floor((100 * done) / total / LINE_PERCENT) * LINE_PERCENT;
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
