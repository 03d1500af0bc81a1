/** A tensor and its bytes. */
export interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: Buffer;
}

/** The tensors of a safetensors file, by name. */
export function readSafetensors(file: Buffer): Map<string, Entry> {
  const from = 8 + Number(file.readBigUInt64LE());
  const header = JSON.parse(file.subarray(8, from).toString()) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >;
  return new Map(
    Object.entries(header)
      .filter(([name]) => name !== '__metadata__')
      .map(([name, { dtype, shape, data_offsets }]) => {
        const [begin, end] = data_offsets;
        return [name, { dtype, shape, bytes: file.subarray(from + begin, from + end) }];
      }),
  );
}

/** A safetensors file, as its own library writes it. */
export function toSafetensors(tensors: ReadonlyMap<string, Entry>): Buffer {
  let at = 0;
  const header = Object.fromEntries(
    [...tensors].map(([name, { dtype, shape, bytes }]) => {
      const data_offsets = [at, at + bytes.length];
      at += bytes.length;
      return [name, { dtype, shape, data_offsets }];
    }),
  );
  const json = Buffer.from(JSON.stringify({ __metadata__: { format: 'pt' }, ...header }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, ...[...tensors.values()].map(({ bytes }) => bytes)]);
}
