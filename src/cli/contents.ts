import { realpath } from 'node:fs/promises';
import { Option, type Command } from 'commander';
import type { Content } from '../engine/index.js';
import { ClipgraphError } from '../errors/index.js';
import { oneLine } from './item-name.js';
import { readLines, type Separator } from './input-lines.js';
import { filesOfPattern, isPattern, kindOf, looksLikePath, readPicture } from './named-files.js';
import { fileIn, walk } from './walk.js';

/** What a word on the command line stands for, and what is shown of it: the text, or the name of the file. */
export interface NamedContent {
  readonly name: string;
  readonly content: Content;
}

/** How arguments are read: as they look, or all as texts, or all as files. */
type Form = 'as it looks' | 'text' | 'file';

/** What the flags say about arguments. */
export interface Reading {
  readonly form: Form;
  readonly separator: Separator;
}

/** Contents as they are read, and how many there are, where that is known before. */
export interface GivenContents {
  readonly contents: AsyncIterable<NamedContent>;
  readonly count: number | undefined;
}

const INPUT = '-';
/** What is shown of an argument at most. */
const LONGEST_NAME = 200;

const READING_HELP =
  '\nTaken for a file: what exists, has a separator, begins with ~ or a dot, or ends like a picture; if it is not there,\n' +
  'that is an error. To say it yourself: text:… or file:… for one argument, --text or --file for all.';

/** Gives a command the flag that says how a list on standard input is separated. */
export function addListFlags(command: Command): Command {
  return command.option('-0, --null', 'standard input is separated by NUL, as find -print0 writes it');
}

/** Gives a command the flags by which arguments are taken for texts or files. */
export function addReadingFlags(command: Command): Command {
  return command
    .addOption(new Option('--text', 'take all arguments (and lines) for texts').conflicts('file'))
    .option('--file', 'take all arguments (and lines) for files')
    .addHelpText('after', READING_HELP);
}

export function readingOf(flags: Readonly<Record<string, unknown>>): Reading {
  const form = flags.text === true ? 'text' : flags.file === true ? 'file' : 'as it looks';
  return { form, separator: flags.null === true ? '\0' : '\n' };
}

function wrong(message: string): ClipgraphError {
  return new ClipgraphError('BAD_USER_INPUT', message);
}

function short(name: string): string {
  return oneLine(name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}…` : name);
}

const textNamed = (text: string): NamedContent => ({ name: text, content: { text } });

function fileNamed(name: string): NamedContent {
  return { name, content: { image: { read: (maxBytes) => readPicture(name, maxBytes) } } };
}

/** A content that fails in its place, among others that don't. */
function failing(name: string, error: Error): NamedContent {
  return { name, content: { image: { read: () => Promise.reject(error) } } };
}

/** `text:…` and `file:…`, whatever the flags say. */
function withoutPrefix(argument: string, form: Form): { readonly value: string; readonly form: Form } {
  const prefix = /^(text|file):(?!\/\/)/.exec(argument);
  if (form !== 'as it looks' || prefix === null) return { value: argument, form };
  return { value: argument.slice(prefix[0].length), form: prefix[1] as Form };
}

function contentNamed(name: string, form: Form): NamedContent {
  if (form === 'text') return textNamed(name);
  const kind = name === '' ? undefined : kindOf(name);
  if (kind === 'file') return fileNamed(name);
  const shown = short(name);
  const hint = form === 'file' ? '' : ' Is it a text? Write text: before it, or --text for all.';
  if (kind !== undefined) {
    const what = kind === 'barred' ? 'may not be read, or is a link to nothing' : `is a ${kind}, no file`;
    throw wrong(`${shown} ${what}.${hint}`);
  }
  if (form !== 'file' && name === INPUT) {
    throw wrong('- stands for standard input, which embed and rank take among their contents.');
  }
  if (form !== 'file' && !looksLikePath(name)) return textNamed(name);
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(name)) {
    throw wrong(`${shown} is an address. Fetch it first, and name the file.${hint}`);
  }
  throw wrong(`There is no file ${shown}.${hint}`);
}

/**
 * An argument as a content: the one place that decides whether it is a text or a file.
 *
 * @throws BAD_USER_INPUT that names it, for whatever looks like a file and is none: missing, a folder, a pipe
 */
export function contentOf(argument: string, { form }: Reading): NamedContent {
  const given = withoutPrefix(argument, form);
  return contentNamed(given.value, given.form);
}

/**
 * A label, which is always a text.
 *
 * @throws BAD_USER_INPUT for one that is a file: a shell made several names of a pattern
 */
export function labelOf(label: string, reading: Reading): string {
  if (reading.form === 'text') return label;
  const { value, form } = withoutPrefix(label, 'as it looks');
  if (form === 'text') return value;
  if (looksLikePath(label) && kindOf(label) !== undefined) {
    throw wrong(
      `The label ${short(label)} is a file: classify takes one content. Is it a text? Write text: before it.`,
    );
  }
  return label;
}

function settle(name: string, read: () => NamedContent): NamedContent {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ClipgraphError)) throw error;
    return failing(name, error);
  }
}

/**
 * The pictures of a folder and of those in it, those in formats that are not decoded, too. A folder that may not be read and a
 * link to nothing fail in their place.
 *
 * @throws BAD_USER_INPUT if there are none
 */
async function contentsOfFolder(folder: string): Promise<NamedContent[]> {
  const contents: NamedContent[] = [];
  for await (const { kind, path } of walk(await realpath(folder))) {
    const name = fileIn(folder, path);
    if (kind === 'picture') contents.push(fileNamed(name));
    if (kind === 'broken') contents.push(failing(name, wrong('It is a link to nothing.')));
    if (kind === 'unreadable') contents.push(failing(name, wrong(`The folder ${name} may not be read.`)));
  }
  if (contents.length > 0) return contents;
  throw wrong(`There is no picture in ${folder}.`);
}

/** An argument's contents: a folder and a pattern have several. What is wrong with it fails in its place. */
async function contentsNamed(argument: string, reading: Reading): Promise<NamedContent[]> {
  const { value, form } = withoutPrefix(argument, reading.form);
  const kind = form === 'text' || value === '' ? undefined : kindOf(value);
  try {
    if (kind === 'folder') return await contentsOfFolder(value);
    if (kind === undefined && form !== 'text' && isPattern(value)) {
      return (await filesOfPattern(value)).map(fileNamed);
    }
  } catch (error) {
    if (!(error instanceof ClipgraphError)) throw error;
    return [failing(value, error)];
  }
  return [settle(value, () => contentNamed(value, form))];
}

async function* linesNamed({ form, separator }: Reading): AsyncGenerator<NamedContent> {
  for await (const line of readLines(process.stdin, separator)) {
    if (line.trim() !== '') yield settle(line, () => contentNamed(line, form));
  }
}

/**
 * Arguments as contents: texts, files, folders (their pictures, and those of the folders in them), patterns such as
 * `photos/*.jpg` where no shell has replaced them, and `-` for the lines of standard input. What is missing, empty or no
 * picture is a content that fails in its place.
 *
 * @throws BAD_USER_INPUT when standard input is asked for twice; while it is read, when it is not in UTF-8 or UTF-16
 */
export async function contentsOf(args: readonly string[], reading: Reading): Promise<GivenContents> {
  const sources: (readonly NamedContent[] | AsyncIterable<NamedContent>)[] = [];
  let inputs = 0;
  let count = 0;
  for (const argument of args) {
    const { value, form } = withoutPrefix(argument, reading.form);
    if (value === INPUT) {
      if (++inputs > 1) throw wrong('Standard input, -, can be read once.');
      sources.push(linesNamed({ ...reading, form }));
    } else {
      const contents = await contentsNamed(argument, reading);
      count += contents.length;
      sources.push(contents);
    }
  }
  async function* all(): AsyncGenerator<NamedContent> {
    for (const source of sources) yield* source;
  }
  return { contents: all(), count: inputs === 0 ? count : undefined };
}

/** All of them at once. */
export async function collect({ contents }: GivenContents): Promise<NamedContent[]> {
  const all: NamedContent[] = [];
  for await (const content of contents) all.push(content);
  return all;
}
