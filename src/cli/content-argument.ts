import { statSync } from 'node:fs';
import { ClipgraphError } from '../errors/index.js';

const PICTURE_NAME = /\.(jpe?g|png|webp|gif|tiff?|bmp|avif|heic|svg)$/i;

/** What a word on the command line stands for. */
export type NamedContent = { readonly text: string } | { readonly image: { readonly path: string } };

/** Whether there is such a file. A long text is no name that a file could have, and asking for it fails. */
function isFile(name: string): boolean {
  try {
    return statSync(name).isFile();
  } catch {
    return false;
  }
}

/**
 * An argument as a content: the picture in a file of that name, or the text itself.
 *
 * @throws BAD_USER_INPUT for the name of a picture that is not there: nobody means it as a text
 */
export function contentOf(argument: string): NamedContent {
  if (isFile(argument)) return { image: { path: argument } };
  if (PICTURE_NAME.test(argument) && !/\s/.test(argument)) {
    throw new ClipgraphError('BAD_USER_INPUT', `There is no file ${argument}.`);
  }
  return { text: argument };
}
