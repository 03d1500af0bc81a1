import type { Item } from '../engine/index.js';

/** A terminal takes some of them for commands. */
const CONTROL_CHARACTERS = /\p{Cc}+/gu;

/** What an item is called, in one line: whoever may add items has written it. */
export function nameOf({ source, text, id }: Pick<Item, 'source' | 'text' | 'id'>): string {
  return (source ?? text ?? id).replace(CONTROL_CHARACTERS, ' ');
}
