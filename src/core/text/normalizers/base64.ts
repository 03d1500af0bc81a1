/** The bytes that a text in base 64 stands for; characters that are not of it stand for none. */
export function fromBase64(text: string): Uint8Array {
  const binary = atob(text.replace(/[^A-Za-z0-9+/]/g, ''));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
