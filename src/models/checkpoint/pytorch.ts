import type { FileHandle } from 'node:fs/promises';
import { fromFdPromise, type Entry } from 'yauzl';
import { ClipgraphError } from '../../errors/index.js';
import { errnoOf } from '../files/failures.js';
import { readExactly, withFile, type OpenFile } from '../files/read.js';
import {
  byteLengthOf,
  damaged,
  DTYPE_BYTES,
  type Checkpoint,
  type StoredTensor,
} from '../../encoders/index.js';
import { PersistentId, PickleCall, PickleGlobal, readPickle } from './pickle.js';

const MAX_PICKLE_BYTES = 64 * 2 ** 20;

/** By the names that PyTorch gives to its kinds of storage. */
const DTYPES: Readonly<Record<string, string>> = {
  'torch DoubleStorage': 'F64',
  'torch FloatStorage': 'F32',
  'torch HalfStorage': 'F16',
  'torch BFloat16Storage': 'BF16',
  'torch LongStorage': 'I64',
  'torch IntStorage': 'I32',
  'torch ShortStorage': 'I16',
  'torch CharStorage': 'I8',
  'torch ByteStorage': 'U8',
  'torch BoolStorage': 'BOOL',
};

const wrong = (what: string, cause?: unknown): Error => damaged('PyTorch', what, cause);

/** Where the bytes of each entry of the archive begin, and how many they are. */
type Entries = ReadonlyMap<string, { readonly offset: number; readonly length: number }>;

/** A zip archive whose entries are stored as they are, as `torch.save` writes it. */
async function readArchive({ handle, size }: OpenFile): Promise<{ pickle: Uint8Array; entries: Entries }> {
  try {
    // It is not closed: the descriptor is the handle's.
    const zip = await fromFdPromise(handle.fd, { autoClose: false, lazyEntries: true }).catch(
      (cause: unknown) => {
        throw wrong('it is not a zip archive; torch.save writes one since PyTorch 1.6, save it again', cause);
      },
    );
    const found: Entry[] = [];
    for await (const entry of zip.eachEntry()) found.push(entry);
    const pickle = found.find(({ fileName }) => /^([^/]+\/)?data\.pkl$/.test(fileName));
    if (pickle === undefined) throw wrong('its archive holds no data.pkl');
    const root = pickle.fileName.slice(0, -'data.pkl'.length);
    const entries = new Map<string, { offset: number; length: number }>();
    for (const entry of found) {
      if (entry.compressionMethod !== 0 || entry.isEncrypted()) throw wrong('its archive is compressed');
      const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
      if (fileDataStart + entry.uncompressedSize > size) throw wrong('its archive ends early');
      entries.set(entry.fileName.slice(root.length), {
        offset: fileDataStart,
        length: entry.uncompressedSize,
      });
    }
    const { offset, length } = entries.get('data.pkl') ?? { offset: 0, length: Infinity };
    if (length > MAX_PICKLE_BYTES) throw wrong('its data.pkl is too large');
    return { pickle: await readBytes(handle, length, offset), entries };
  } catch (cause) {
    if (cause instanceof ClipgraphError || errnoOf(cause) !== undefined) throw cause;
    throw wrong(`its archive cannot be read: ${(cause as Error).message}`, cause);
  }
}

async function readBytes(handle: FileHandle, length: number, offset: number): Promise<Buffer> {
  const bytes = await readExactly(handle, length, offset);
  if (bytes === undefined) throw wrong('it ends early');
  return bytes;
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const areCounts = (value: unknown): value is number[] => Array.isArray(value) && value.every(isCount);

/** Whether the values lie one after the other, in the order of the rows. */
function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis];
  }
  return true;
}

function tensorOf(name: string, call: PickleCall, file: string, entries: Entries): StoredTensor {
  // A parameter is its tensor, and whether it is trained.
  if (call.callee === 'torch._utils _rebuild_parameter') {
    const [inner] = call.args;
    if (inner instanceof PickleCall && inner.callee !== call.callee)
      return tensorOf(name, inner, file, entries);
    throw wrong(`${name} is not a tensor`);
  }
  const [storage, first, shape, strides] = call.args;
  const [kind, type, key] =
    storage instanceof PersistentId && Array.isArray(storage.id) ? (storage.id as unknown[]) : [];
  const dtype = type instanceof PickleGlobal ? DTYPES[type.name] : undefined;
  if (
    kind !== 'storage' ||
    dtype === undefined ||
    typeof key !== 'string' ||
    !isCount(first) ||
    !areCounts(shape) ||
    !areCounts(strides)
  ) {
    throw wrong(`${name} is not a tensor`);
  }
  const data = entries.get(`data/${key}`);
  if (data === undefined) throw wrong(`the values of ${name} are missing`);
  if (!isContiguous(shape, strides)) {
    throw wrong(`${name} is stored with gaps or transposed; save the model again after .contiguous()`);
  }
  const bytes = DTYPE_BYTES[dtype];
  const length = byteLengthOf(dtype, shape);
  if (first * bytes + length > data.length) throw wrong(`${name} lies beyond the end`);
  return { dtype, shape, file, offset: data.offset + first * bytes, length };
}

/**
 * The tensors of a `pytorch_model.bin`: a zip archive that holds a pickle and, stored raw, each tensor's values.
 *
 * Source: torch/serialization.py.
 *
 * @throws MODEL_UNAVAILABLE when it is damaged, or its pickle holds more than a state dict
 */
export async function readPytorch(folder: string, file: string): Promise<Checkpoint> {
  const { pickle, entries } = await withFile(folder, file, async (open) => {
    const archive = await readArchive(open);
    const order = archive.entries.get('byteorder');
    if (order === undefined) return archive;
    const text = await readBytes(open.handle, Math.min(order.length, 16), order.offset);
    if (text.toString('latin1').trim() !== 'little') throw wrong('its values are not little-endian');
    return archive;
  });
  const root = readPickle(pickle);
  const nested = root instanceof Map ? (root.get('state_dict') as unknown) : undefined;
  const state = nested instanceof Map ? nested : root;
  if (!(state instanceof Map)) throw wrong('it holds no state dict');
  const tensors = [...(state as Map<unknown, unknown>)].filter(
    (entry): entry is [string, PickleCall] => typeof entry[0] === 'string' && entry[1] instanceof PickleCall,
  );
  return new Map(tensors.map(([name, call]) => [name, tensorOf(name, call, file, entries)]));
}
