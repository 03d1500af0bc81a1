/** Characters of a sentence for a client. */
const LONGEST = 500;
/** A quoted path with a folder in it, which may hold spaces; and a path without quotes, up to the next space. */
const QUOTED = /(['"`])(?:file:\/\/)?(?:~|\.{1,2}|[a-z]:)?[\\/](?:[^'"`\n]*[\\/])?([^'"`\n]*)\1/gi;
const BARE =
  /(?<=^|[\s('"`=,;[<])(?:file:\/\/)?(?:~|\.{1,2}|[a-z]:)?[\\/]{1,3}(?:[^\s'"`\\/()<>]+[\\/])*([^\s'"`\\/()<>]*)/gi;

/**
 * A sentence that foreign code made, fit for a client: its first line, with the folders taken out of every absolute path.
 * What is left of `cannot open '/home/me/secret/key.pem'` is `cannot open 'key.pem'`.
 */
export function withoutPaths(text: string): string {
  const [line] = text.trim().split('\n');
  return line.slice(0, LONGEST).replace(QUOTED, '$1$2$1').replace(BARE, '$1');
}
