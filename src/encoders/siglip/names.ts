import type { Checkpoint } from '../checkpoint.js';
import { splitJoint } from '../split-rows.js';

/** SigLIP's tensors of transformers under the names that graphs are built over; undefined for other checkpoints. */
export function fromSiglip(checkpoint: Checkpoint): Checkpoint | undefined {
  const isSiglip =
    checkpoint.has('text_model.head.weight') || checkpoint.has('vision_model.head.attention.in_proj_weight');
  if (!isSiglip) return undefined;
  return new Map(
    [...checkpoint].flatMap(([name, tensor]) =>
      splitJoint(name.replace(/^text_model\.head\./, 'text_projection.'), tensor),
    ),
  );
}
