import type { Checkpoint } from './checkpoint.js';
import type { ModelDescription } from './description.js';

/** A family of models: how one is recognised and described, and what its tensors are called. */
export interface Family {
  /** As people call it. */
  readonly name: string;
  /** What transformers' `config.json` calls it, and each of its towers alone. */
  readonly modelTypes: readonly string[];
  /**
   * What such a `config.json` describes.
   *
   * @param file its name, for messages
   * @throws MODEL_UNAVAILABLE when it uses what isn't supported
   */
  readonly describe: (config: unknown, file: string) => ModelDescription;
  /** The same tensors under the names that graphs are built over; undefined for a checkpoint that isn't the family's, or has them. */
  readonly rename: (checkpoint: Checkpoint) => Checkpoint | undefined;
}
