/** The bytes that stand for themselves: printable Latin-1. The others get the code points from 256 on, in order. */
function isPrintable(byte: number): boolean {
  return (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
}

/**
 * A printable character for each of the 256 bytes, so that byte sequences can be spelled as text.
 * Source: openai/CLIP clip/simple_tokenizer.py, `bytes_to_unicode`.
 */
export const BYTE_CHARACTERS: readonly string[] = (() => {
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(isPrintable(byte) ? byte : next++));
})();
