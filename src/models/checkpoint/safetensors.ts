import { z } from 'zod';
import { byteLengthOf, damaged, DTYPE_BYTES, type Checkpoint } from '../../encoders/index.js';
import { readExactly, withFile } from '../files/read.js';

const tensorSchema = z.object({
  dtype: z.string(),
  shape: z.array(z.number().int().nonnegative()),
  data_offsets: z.tuple([z.number().int().nonnegative(), z.number().int().nonnegative()]),
});

/** Tensors by name, and what the writer says of itself. */
const headerSchema = z.object({ __metadata__: z.unknown().optional() }).catchall(tensorSchema);

/** No header of a CLIP comes near; a file that declares more is not read. */
const MAX_HEADER_BYTES = 100 * 2 ** 20;

/**
 * The tensors of one safetensors file: 8 bytes of header length, a JSON header, then the data.
 *
 * @throws MODEL_UNAVAILABLE when the file is damaged
 */
export async function readSafetensors(folder: string, file: string): Promise<Checkpoint> {
  return withFile(folder, file, async ({ handle, size }) => {
    const prefix = await readExactly(handle, 8, 0);
    if (prefix === undefined) throw wrong('it has no header');
    const headerBytes = Number(prefix.readBigUInt64LE());
    if (headerBytes > Math.min(size - 8, MAX_HEADER_BYTES)) throw wrong('its header is longer than the file');
    const header = await readExactly(handle, headerBytes, 8);
    if (header === undefined) throw wrong('it ends early');
    const parsed = headerSchema.safeParse(parseHeader(header.toString('utf8')));
    if (!parsed.success) throw wrong('its header does not describe tensors');
    const from = 8 + headerBytes;
    const tensors: Header = Object.entries(parsed.data).filter(
      (entry): entry is Header[number] => entry[0] !== '__metadata__',
    );
    checkOverlaps(tensors);
    return new Map(
      tensors.map(([name, entry]) => {
        const {
          dtype,
          shape,
          data_offsets: [begin, end],
        } = entry;
        const expected = byteLengthOf(dtype, shape);
        if (end < begin || from + end > size) throw wrong(`${name} lies beyond the end`);
        if (dtype in DTYPE_BYTES && end - begin !== expected)
          throw wrong(`${name} has another size than its shape`);
        return [name, { dtype, shape, file, offset: from + begin, length: end - begin }];
      }),
    );
  });
}

/** Two tensors never share bytes. */
function checkOverlaps(tensors: Header): void {
  const sorted = [...tensors].sort(([, a], [, b]) => a.data_offsets[0] - b.data_offsets[0]);
  const overlap = sorted.find(([, tensor], i) => {
    return i > 0 && tensor.data_offsets[0] < sorted[i - 1][1].data_offsets[1];
  });
  if (overlap !== undefined) throw wrong(`${overlap[0]} overlaps another tensor`);
}

type Header = readonly [string, z.infer<typeof tensorSchema>][];

const wrong = (what: string, cause?: unknown): Error => damaged('safetensors', what, cause);

function parseHeader(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw wrong('its header is not JSON', cause);
  }
}
