import type { END_MARKER, START_MARKER } from './vocabulary.js';

/** A word to be encoded, a marker that stands for itself, or an added token, by its text. */
export type Part =
  | { readonly word: string }
  | { readonly marker: typeof START_MARKER | typeof END_MARKER }
  | { readonly added: string };

/** Parts of a text as they are found; undefined where whoever asks for them may give way. */
export type Parts = Generator<Part | undefined, void, undefined>;
