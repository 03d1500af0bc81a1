import type { Item } from '../engine/index.js';

/** A terminal takes some of them for commands. */
const CONTROL_CHARACTERS = /\p{Cc}+/gu;

/** What somebody else has written, such as the name of a file, in one line of a terminal. */
export function oneLine(name: string): string {
  return name.replace(CONTROL_CHARACTERS, ' ');
}

/** What an item is called, in one line: whoever may add items has written it. */
export function nameOf({ source, text, id }: Pick<Item, 'source' | 'text' | 'id'>): string {
  return oneLine(source ?? text ?? id);
}
