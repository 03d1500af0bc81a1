import { ClipgraphError } from '../../../errors/index.js';

/**
 * The bytes that a text in base 64 stands for.
 *
 * @throws MODEL_UNAVAILABLE when it is not in base 64
 */
export function fromBase64(text: string): Uint8Array {
  let binary: string;
  try {
    binary = atob(text);
  } catch (cause) {
    const message = "The tokenizer's map of characters is not in base 64.";
    throw new ClipgraphError('MODEL_UNAVAILABLE', message, { cause });
  }
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
