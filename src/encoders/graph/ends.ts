import type { Normalization } from '../../core/image/index.js';

/** The text graph's output of one vector a token, as transformers names it. */
export const STATES = 'last_hidden_state';

/** What an image tower's graph takes: the bytes of square crops, which it normalises itself. */
export interface PictureInput {
  /** The edge, in pixels. */
  readonly imageSize: number;
  readonly normalization: Normalization;
}
