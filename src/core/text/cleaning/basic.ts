import type { Steps } from '../../steps.js';
import { innerOf, isPythonSpace } from '../unicode/characters.js';
import { fixTextInSteps } from './fix-text.js';
import { unescapeHtml } from './html-entities.js';

/** A text repaired, its HTML unescaped twice, nothing but text at its ends. Source: openai/CLIP and open_clip, `basic_clean`. */
export function* cleanBasically(text: string): Steps<string> {
  let clean = yield* fixTextInSteps(text);
  for (let times = 0; times < 2; times++) {
    clean = unescapeHtml(clean);
    yield;
  }
  return innerOf(clean, isPythonSpace);
}
