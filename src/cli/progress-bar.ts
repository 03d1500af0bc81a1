/** Characters of a bar. */
const WIDTH = 40;
/** Milliseconds between two drawings: more often nobody sees. */
const PAUSE_MS = 100;
const ERASE = '\r\u001b[K';

/** A line on a terminal that is drawn over itself. */
export interface ProgressBar {
  advance(count: number): void;
  /** Erases it: what is printed next begins a line. */
  stop(): void;
}

/**
 * @param given undefined where nobody knows, or nobody knows yet: the note alone is shown then
 * @param note what stands beside the bar, given how much is done
 */
export function createProgressBar(
  stream: NodeJS.WriteStream,
  given: number | undefined | (() => number | undefined),
  note: (done: number) => string,
): ProgressBar {
  let done = 0;
  let drawnAt = -Infinity;
  return {
    advance(count) {
      done += count;
      const now = performance.now();
      if (now - drawnAt < PAUSE_MS) return;
      drawnAt = now;
      const total = typeof given === 'function' ? given() : given;
      const share = total === undefined ? undefined : total === 0 ? 1 : Math.min(1, done / total);
      const bar = share === undefined ? '' : '█'.repeat(Math.round(WIDTH * share)).padEnd(WIDTH, '░') + ' ';
      stream.write(ERASE + `${bar}${note(done)}`.slice(0, (stream.columns || 80) - 1));
    },
    stop() {
      if (drawnAt !== -Infinity) stream.write(ERASE);
    },
  };
}

/** `, 1:05 left`, or nothing where that can't be said yet. */
export function timeLeft(done: number, total: number | undefined, since: number): string {
  if (total === undefined || done === 0) return '';
  const seconds = Math.ceil(((total - done) * (performance.now() - since)) / done / 1000);
  return `, ${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')} left`;
}
