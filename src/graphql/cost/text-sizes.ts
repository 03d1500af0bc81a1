import type { Given } from './given-contents.js';

/** The sizes of texts as JSON. */
export interface TextSizes {
  readonly ofText: (text: string) => number;
  /** Of the texts of one argument, what one of the results may have. */
  readonly perResult: (given: Given) => number;
}

/** The texts' sizes as JSON, each counted once, however often it is asked for. */
export function textSizes(maxTextBytes: number, isStream: boolean): TextSizes {
  const known = new Map<string, number>();
  const ofText = (text: string): number => {
    if (text.length > maxTextBytes) return 0; // It fails, and is not in the answer.
    const size = known.get(text) ?? Buffer.byteLength(JSON.stringify(text));
    known.set(text, size);
    return size;
  };
  const perResult = ({ texts, length }: Given): number => {
    // Each result of a stream is an answer of its own, and there may be thousands: the longest, if all of it is escaped.
    if (isStream)
      return texts.reduce((most, text) => Math.max(most, 6 * Math.min(text.length, maxTextBytes)), 0);
    if (length === undefined) return texts.reduce((most, text) => Math.max(most, ofText(text)), 0);
    return texts.reduce((sum, text) => sum + ofText(text), 0) / Math.max(1, length); // The results share them.
  };
  return { ofText, perResult };
}
