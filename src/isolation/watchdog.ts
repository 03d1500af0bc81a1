import { isBusy, processorMs } from './processor-time.js';

interface WatchdogOptions {
  /** The process that is watched; undefined for a thread, which is watched by the clock. */
  readonly pid: number | undefined;
  readonly ms: number;
  /**
   * Count what the process computes, not what the clock shows, so that a machine which is busy with something else ends
   * no honest work. Linux only; by the clock elsewhere.
   */
  readonly isProcessorTime: boolean;
}

const CHECK_MS = 250;
/** A process that neither computes nor wants to for this long, after its time by the clock, hangs. */
const IDLE_MS = 1000;
/** However busy the machine is: this many times its time by the clock. */
const MOST_BY_CLOCK = 6;

function watchProcessorTime(pid: number, ms: number, before: number, onHang: () => void): NodeJS.Timeout {
  const from = performance.now();
  let spent = before;
  let movedAt = from;
  return setInterval(
    () => {
      const now = performance.now();
      const spentNow = processorMs(pid) ?? spent;
      if (spentNow !== spent || isBusy(pid)) movedAt = now;
      spent = spentNow;
      const isIdle = now - from >= ms && now - movedAt >= IDLE_MS;
      if (spent - before >= ms || isIdle || now - from >= ms * MOST_BY_CLOCK) onHang();
    },
    Math.min(CHECK_MS, ms),
  );
}

/**
 * Calls `onHang` once when work has taken longer than it may.
 *
 * @returns ends the watch
 */
export function startWatchdog({ pid, ms, isProcessorTime }: WatchdogOptions, onHang: () => void): () => void {
  const before = isProcessorTime && pid !== undefined ? processorMs(pid) : undefined;
  if (pid === undefined || before === undefined) {
    const timer = setTimeout(onHang, ms);
    return () => {
      clearTimeout(timer);
    };
  }
  const timer = watchProcessorTime(pid, ms, before, () => {
    clearInterval(timer);
    onHang();
  });
  return () => {
    clearInterval(timer);
  };
}
