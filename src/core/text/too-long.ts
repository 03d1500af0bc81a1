import { ClipgraphError } from '../../errors/index.js';

/** Of a text that is refused, tokens are counted up to so many times as many as the model reads. */
export const TIMES_COUNTED = 10;

interface Counted {
  /** Tokens with the markers. */
  readonly count: number;
  readonly markers: number;
  /** Whether there may be more of them. */
  readonly isAtLeast: boolean;
  readonly contextLength: number;
}

/** What is said of a text that does not fit and may not be cut. */
export function tooLong({ count, markers, isAtLeast, contextLength }: Counted): ClipgraphError {
  const least = isAtLeast ? 'at least ' : '';
  const words = ['', ' with its marker', ' with its two markers'];
  const its = words.at(markers) ?? ` with its ${markers} markers`;
  const message = `The text has ${least}${count} tokens${its}; the model reads ${contextLength}. Shorten it, or set truncate to cut it.`;
  return new ClipgraphError('TEXT_TOO_LONG', message);
}
