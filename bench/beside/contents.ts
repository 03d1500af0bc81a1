import sharp from 'sharp';

/** Words of about a token each. */
const WORDS = 'a photo of the red car on street near old house with dog and cat in snow at night'.split(' ');

export interface Contents {
  readonly texts: readonly string[];
  readonly pictures: readonly Buffer[];
}

function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const SIZES = [
  [512, 384],
  [640, 480],
  [800, 1200],
  [1280, 720],
  [1920, 1080],
] as const;

async function picture(index: number, random: () => number): Promise<Buffer> {
  const [width, height] = SIZES[index % SIZES.length];
  const small = { width: Math.ceil(width / 8), height: Math.ceil(height / 8), channels: 3 as const };
  const data = Buffer.from(
    Array.from({ length: small.width * small.height * 3 }, () => Math.floor(random() * 256)),
  );
  return sharp(data, { raw: small }).resize(width, height, { fit: 'fill' }).jpeg({ quality: 88 }).toBuffer();
}

const made: Buffer[] = [];

/** The same picture as another file: with a comment behind its first marker. */
function withComment(jpeg: Buffer, comment: string): Buffer {
  const text = Buffer.from(comment);
  const head = Buffer.from([0xff, 0xfe, 0, text.length + 2]);
  return Buffer.concat([jpeg.subarray(0, 2), head, text, jpeg.subarray(2)]);
}

/**
 * Texts of 4 to 60 tokens and JPEGs of 512 to 1,920 pixels, the same for the same seed.
 *
 * @param repeats share of the texts that are one of the texts before
 */
export async function makeContents(
  counts: { readonly texts: number; readonly pictures: number },
  seed: number,
  repeats = 0,
): Promise<Contents> {
  const random = randomNumbers(seed);
  const texts: string[] = [];
  for (let i = 0; i < counts.texts; i++) {
    if (i > 0 && random() < repeats) {
      texts.push(texts[Math.floor(random() * i)]);
      continue;
    }
    // Short ones are more frequent, as prompts are; the number makes each another one.
    const words = 2 + Math.floor(55 * random() ** 3);
    texts.push(
      `${seed} ${i} ${Array.from({ length: words }, () => WORDS[Math.floor(random() * WORDS.length)]).join(' ')}`,
    );
  }
  while (made.length < counts.pictures) made.push(await picture(made.length, randomNumbers(made.length + 1)));
  const pictures = made.slice(0, counts.pictures).map((jpeg, i) => withComment(jpeg, `${seed} ${i}`));
  return { texts, pictures };
}
