import type { Config } from '../../config/index.js';
import type { TextSizes } from './text-sizes.js';

type Arguments = Readonly<Record<string, unknown>>;

/** What a field comes to beside the contents that its arguments hold. */
export interface Amount {
  /** Work that counts like contents: searches. */
  readonly contents?: number;
  /** Elements of the list that it gives, or of the lists in what it gives. */
  readonly results?: number;
  /** Elements of the lists in each of these, where those are others. */
  readonly inner?: number;
}

/** What a field says of itself, with `@Extensions`. */
export interface FieldExtensions {
  /** Where results hold texts made of several arguments: the longest of them. */
  readonly combinedText?: (args: Arguments, ofText: TextSizes['ofText']) => number;
  /** @param args as they were sent, with their defaults: of any type */
  readonly amount?: (args: Arguments, limits: Config['limits']) => Amount;
}
