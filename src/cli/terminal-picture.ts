/** Pixels of a side, at most. */
const SIDE = 160;
/** Rows of text that a picture takes. */
const ROWS = 5;
/** Characters of base64 in one sequence. Source: the kitty graphics protocol. */
const KITTY_PIECE = 4096;

type Environment = Readonly<Record<string, string | undefined>>;
type Protocol = 'iterm' | 'kitty';

/** How the terminal shows pictures; undefined where it does not, or nobody knows. */
export function pictureProtocol(
  stream: { readonly isTTY?: boolean },
  env: Environment = process.env,
): Protocol | undefined {
  // tmux and screen take such sequences for text.
  if (stream.isTTY !== true || env.TMUX !== undefined || env.STY !== undefined) return undefined;
  const { TERM = '', TERM_PROGRAM = '', LC_TERMINAL = '' } = env;
  if (env.KITTY_WINDOW_ID !== undefined || TERM === 'xterm-kitty' || TERM_PROGRAM === 'ghostty')
    return 'kitty';
  if (TERM_PROGRAM === 'iTerm.app' || TERM_PROGRAM === 'WezTerm' || LC_TERMINAL === 'iTerm2') return 'iterm';
  return undefined;
}

/** A picture as the terminal's sequences. */
export function pictureSequence(png: Uint8Array, protocol: Protocol): string {
  const base64 = Buffer.from(png).toString('base64');
  if (protocol === 'iterm') {
    return `\u001b]1337;File=inline=1;size=${png.length};height=${ROWS};preserveAspectRatio=1:${base64}\u0007\n`;
  }
  const pieces = base64.match(new RegExp(`.{1,${KITTY_PIECE}}`, 'g')) ?? [];
  return `${pieces
    .map((piece, i) => {
      const control = i === 0 ? `f=100,a=T,r=${ROWS},` : '';
      return `\u001b_G${control}m=${i === pieces.length - 1 ? 0 : 1};${piece}\u001b\\`;
    })
    .join('')}\n`;
}

/** A small PNG of a file, or of the small picture that is kept; undefined where none can be made. */
export async function smallPicture(source: string | Uint8Array): Promise<Uint8Array | undefined> {
  try {
    const { default: sharp } = await import('sharp');
    return await sharp(source).rotate().resize(SIDE, SIDE, { fit: 'inside' }).png().toBuffer();
  } catch {
    return undefined; // The name is printed all the same.
  }
}
