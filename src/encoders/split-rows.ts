import { DTYPE_BYTES, type StoredTensor } from './checkpoint.js';

/** A joint tensor's blocks of rows, which lie one after the other, as tensors of their own; undefined where it has no such blocks. */
export function splitRows(tensor: StoredTensor, parts: number): StoredTensor[] | undefined {
  const [rows, ...rest] = tensor.shape;
  const length = tensor.length / parts;
  if (!Number.isInteger(rows / parts) || !(tensor.dtype in DTYPE_BYTES)) return undefined;
  return Array.from({ length: parts }, (_, i) => ({
    ...tensor,
    shape: [rows / parts, ...rest],
    offset: tensor.offset + i * length,
    length,
  }));
}

/** Joint projections by their names' middle, and how their parts are called in its place. */
const JOINT: readonly (readonly [string, readonly string[]])[] = [
  ['.in_proj_', ['.q_proj.', '.k_proj.', '.v_proj.']],
  ['.qkv.', ['.q_proj.', '.k_proj.', '.v_proj.']],
  ['.kv.', ['.k_proj.', '.v_proj.']],
];

/** A joint projection of queries, keys and values as its parts, under their own names; any other tensor as it is. */
export function splitJoint(name: string, tensor: StoredTensor): [string, StoredTensor][] {
  const [middle, parts] = JOINT.find(([joint]) => name.includes(joint)) ?? [];
  const split = parts && splitRows(tensor, parts.length);
  if (middle === undefined || parts === undefined || split === undefined) return [[name, tensor]];
  return parts.map((part, i) => [name.replace(middle, part), split[i]]);
}
