import { statSync } from 'node:fs';
import { glob, isDynamicPattern } from 'tinyglobby';
import { ClipgraphError } from '../errors/index.js';

/** What a word on the command line stands for. */
export type NamedContent = { readonly text: string } | { readonly image: { readonly path: string } };

const EXTENSIONS = ['jpg', 'jpeg', 'png', 'webp', 'gif', 'tif', 'tiff', 'avif'];
const PICTURE_NAME = new RegExp(`\\.(${EXTENSIONS.join('|')}|bmp|heic|svg)$`, 'i');
const PICTURES = `**/*.{${EXTENSIONS.join(',')}}`;

/** What is there under a name. A long text is no name that a file could have, and asking for it fails. */
function kindOf(name: string): 'file' | 'folder' | undefined {
  try {
    const stats = statSync(name);
    if (stats.isFile()) return 'file';
    return stats.isDirectory() ? 'folder' : undefined;
  } catch {
    return undefined;
  }
}

/**
 * An argument as a content: the picture in a file of that name, or the text itself.
 *
 * @throws BAD_USER_INPUT for the name of a picture that is not there: nobody means it as a text
 */
export function contentOf(argument: string): NamedContent {
  if (kindOf(argument) === 'file') return { image: { path: argument } };
  if (PICTURE_NAME.test(argument) && !/\s/.test(argument)) {
    throw new ClipgraphError('BAD_USER_INPUT', `There is no file ${argument}.`);
  }
  return { text: argument };
}

/** What is shown of a content: its text, or the name of its file. */
export function nameOf(content: NamedContent): string {
  return 'text' in content ? content.text : content.image.path;
}

async function filesOf(patterns: string, cwd?: string): Promise<NamedContent[]> {
  const options = { caseSensitiveMatch: false, onlyFiles: true, ...(cwd !== undefined && { cwd }) };
  const files = await glob(patterns.replaceAll('\\', '/'), options);
  const paths = files.map((file) => (cwd === undefined ? file : `${cwd.replace(/\/$/, '')}/${file}`));
  return paths.sort().map((path) => ({ image: { path } }));
}

/** The lines of standard input, without the empty ones. */
async function linesOf(input: NodeJS.ReadStream): Promise<string[]> {
  let text = '';
  for await (const chunk of input.setEncoding('utf8')) text += String(chunk);
  return text.split(/\r?\n/).filter((line) => line.trim() !== '');
}

/**
 * Arguments as contents: texts, files, folders (their pictures, and those of the folders in them), patterns such as
 * `photos/*.jpg` where no shell has replaced them, and `-` for the lines of standard input, each like an argument.
 *
 * @throws BAD_USER_INPUT for a folder or a pattern without pictures
 */
export async function contentsOf(args: readonly string[]): Promise<NamedContent[]> {
  const contents: NamedContent[] = [];
  for (const argument of args) {
    if (argument === '-') {
      contents.push(...(await linesOf(process.stdin)).map(contentOf));
      continue;
    }
    const kind = kindOf(argument);
    const isPattern = kind === undefined && PICTURE_NAME.test(argument) && isDynamicPattern(argument);
    if (kind === 'folder' || isPattern) {
      const found = isPattern ? await filesOf(argument) : await filesOf(PICTURES, argument);
      if (found.length === 0) {
        throw new ClipgraphError('BAD_USER_INPUT', `There is no picture in ${argument}.`);
      }
      for (const content of found) contents.push(content);
    } else {
      contents.push(contentOf(argument));
    }
  }
  return contents;
}
