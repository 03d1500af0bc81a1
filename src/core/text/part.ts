import type { END_MARKER, START_MARKER } from './vocabulary.js';

/** A word to be encoded, or a marker that stands for itself. */
export type Part = { readonly word: string } | { readonly marker: typeof START_MARKER | typeof END_MARKER };
