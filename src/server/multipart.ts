import type { IncomingMessage } from 'node:http';
import { Busboy, type BusboyConfig, type BusboyFileStream, type BusboyInstance } from '@fastify/busboy';
import type { Config } from '../config/index.js';
import { ClipgraphError } from '../errors/index.js';
import { UploadedFile } from '../graphql/index.js';
import { slices } from '../isolation/turns.js';
import { ByteCollector } from '../media/index.js';
import { unreadable } from './body.js';

type Limits = Config['limits'];
/** Reads a part that is JSON. */
type ReadJson = (bytes: Buffer) => Promise<unknown>;

/** Fields beside `operations` and `map` are ignored, up to here. */
const MAX_FIELDS = 16;
/** Of a place in the variables, such as `variables.inputs.0.blend.12.content.image.upload`. */
const LONGEST_PATH = 500;
/** Bytes of the map for each place: its path, and the name of its file. */
const LONGEST_ENTRY = 1024;
const ORDER =
  'The multipart request cannot be read: send operations, then map, then the files, as the GraphQL multipart request specification says.';

function wrongMap(what: string): ClipgraphError {
  return unreadable(`The map of the multipart request ${what}.`);
}

/** The object or list that holds what a path names; only what was sent itself is walked, never a prototype. */
function holderOf(operations: unknown, path: string): [holder: Record<string, unknown>, key: string] {
  const keys = path.length > LONGEST_PATH ? [] : path.split('.');
  let value = operations;
  let holder: Record<string, unknown> | undefined;
  if (keys[0] === 'variables') {
    for (const key of keys) {
      holder = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
      if (holder === undefined || !Object.hasOwn(holder, key)) break;
      value = holder[key];
    }
  }
  const key = keys.at(-1);
  if (holder === undefined || key === undefined || value !== null) {
    throw wrongMap('names a place that is not null in the variables of operations, or names one twice');
  }
  return [holder, key];
}

/** Puts files where the map says: `{ "0": ["variables.a", "variables.b"] }`. */
function placeFiles(operations: unknown, map: unknown, maxInputs: number): Map<string, UploadedFile> {
  if (typeof map !== 'object' || map === null || Array.isArray(map)) throw wrongMap('is not an object');
  const files = new Map<string, UploadedFile>();
  let places = 0;
  for (const [name, paths] of Object.entries(map as Record<string, unknown>)) {
    if (!Array.isArray(paths)) throw wrongMap('holds something else than lists of places');
    places += Math.max(1, paths.length);
    if (places > maxInputs) {
      const message = `The map of the multipart request names more than ${maxInputs} places (limits.maxInputs). Split it over several requests.`;
      throw new ClipgraphError('TOO_MANY_INPUTS', message);
    }
    const file = new UploadedFile();
    for (const path of paths as unknown[]) {
      if (typeof path !== 'string') throw wrongMap('holds a place that is not a string');
      const [holder, key] = holderOf(operations, path);
      holder[key] = file;
    }
    files.set(name, file);
  }
  return files;
}

function createParser(request: IncomingMessage, limits: Limits): BusboyInstance {
  try {
    return new Busboy({
      headers: request.headers as BusboyConfig['headers'],
      limits: {
        fieldSize: limits.maxBodyBytes,
        fields: MAX_FIELDS,
        files: limits.maxInputs,
        headerPairs: 16,
        headerSize: 8 * 1024,
      },
    });
  } catch (cause) {
    throw unreadable('The multipart request names no boundary.', cause);
  }
}

/** A field, or a file. */
interface Part {
  readonly name: string;
  readonly isFile: boolean;
  bytes: Buffer;
}

/** A file's part has its place among the parts before its bytes are there. */
function readFile(name: string, stream: BusboyFileStream): Part {
  const part: Part = { name, isFile: true, bytes: Buffer.alloc(0) };
  const bytes = new ByteCollector();
  stream.on('data', (chunk: Buffer) => {
    bytes.push(chunk);
  });
  stream.on('end', () => {
    part.bytes = bytes.concat();
  });
  return part;
}

/** Cuts a body into its parts. It is whole: nothing here waits for a client. */
async function partsOf(request: IncomingMessage, body: Buffer[], limits: Limits): Promise<Part[]> {
  const parser = createParser(request, limits);
  const parts: Part[] = [];
  await new Promise<void>((resolve, reject) => {
    const tooMany = (): void => {
      const message = `The multipart request has more than ${limits.maxInputs} files (limits.maxInputs), or more than ${MAX_FIELDS} fields. Split it over several requests.`;
      reject(new ClipgraphError('TOO_MANY_INPUTS', message));
    };
    const broken = (cause: unknown): void => {
      reject(unreadable('The multipart request is cut off, or is none.', cause));
    };
    parser.on('field', (name, value) => {
      parts.push({ name, isFile: false, bytes: Buffer.from(value) });
    });
    parser.on('file', (name, stream) => {
      stream.on('error', broken);
      parts.push(readFile(name, stream));
    });
    parser.on('filesLimit', tooMany);
    parser.on('fieldsLimit', tooMany);
    parser.on('error', broken);
    parser.on('finish', resolve);
    const write = async (): Promise<void> => {
      const work = slices();
      for (let block = body.shift(); block !== undefined; block = body.shift()) {
        parser.write(block);
        if (work.isOver) await work.next();
      }
      parser.end();
    };
    write().catch(reject);
  });
  return parts;
}

/**
 * The operation of a multipart request, with its files at their places. What the map does not name is ignored; a file that
 * it names and that has not come fails when it is read.
 *
 * @param body emptied as it is read
 * @throws BAD_USER_INPUT, TOO_MANY_INPUTS; what `readJson` throws
 * @see https://github.com/jaydenseric/graphql-multipart-request-spec
 */
export async function readMultipart(
  request: IncomingMessage,
  body: Buffer[],
  limits: Limits,
  readJson: ReadJson,
): Promise<unknown> {
  const parts = await partsOf(request, body, limits);
  const [operations, map] = ['operations', 'map'].map((name, i) => {
    const part = parts.at(i);
    if (part?.name !== name || part.isFile) throw unreadable(ORDER);
    return part;
  });
  if (map.bytes.length > limits.maxInputs * LONGEST_ENTRY) throw wrongMap('is too long');
  const operation = await readJson(operations.bytes);
  const files = placeFiles(operation, await readJson(map.bytes), limits.maxInputs);
  for (const { name, isFile, bytes } of parts) {
    const file = isFile ? files.get(name) : undefined;
    if (file?.isThere === true) throw unreadable('The multipart request sends a file twice.');
    file?.fill(bytes);
  }
  return operation;
}
