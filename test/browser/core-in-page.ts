// Runs in a page, beside the built `clipgraph/core`: core.test.ts gives both to Chromium.
import {
  atOnce,
  clipPlan,
  cosineMatrix,
  createTokenizer,
  cropsToTensor,
  parseVocabulary,
  planCrop,
  preparePicture,
  rankingOf,
  searchRows,
  softmax,
  VectorIndex,
  type Convention,
  type Picture,
  type PillowVersion,
  type Samples,
} from 'clipgraph/core';

const TYPES = { Uint8Array, Uint16Array, Int32Array, Float32Array };

/** A decoded picture whose samples are behind a URL: what crosses to the page is JSON. */
export interface RemotePicture {
  readonly url: string;
  readonly type: keyof typeof TYPES;
  /** `Picture` with a raster without data. */
  readonly picture: unknown;
}

export interface Way {
  readonly convention: Convention;
  readonly size: number;
  readonly pillow: PillowVersion;
}

async function sha256(data: Uint8Array | Float32Array): Promise<string> {
  const bytes = new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

const page = {
  sha256,

  /** The ids of each text, or `error`. */
  tokenIds(vocabulary: string, merges: string, texts: readonly string[], convention: 'hf' | 'openai') {
    const tokenize = createTokenizer(parseVocabulary(vocabulary, merges), Infinity);
    return texts.map((text) => {
      try {
        return tokenize(text, { convention, strict: true }).ids;
      } catch {
        return 'error';
      }
    });
  },

  /** The digests of the crop and of its tensor, for each way. */
  async prepare({ url, type, picture: rest }: RemotePicture, ways: readonly Way[]) {
    const bytes = await (await fetch(url)).arrayBuffer();
    const data: Samples = new TYPES[type](bytes);
    const { raster } = rest as Picture;
    const picture = { ...(rest as Picture), raster: { ...raster, data } } as Picture;
    const { width, height } = raster;
    return Promise.all(
      ways.map(async ({ convention, size, pillow }) => {
        const plan = planCrop(width, height, { ...clipPlan(size), convention }, pillow);
        const crop = preparePicture(picture, plan, { convention, strict: true });
        return { crop: await sha256(crop), tensor: await sha256(cropsToTensor(crop, 1, size)) };
      }),
    );
  },

  cosines: (rows: number[][], columns: number[][]) =>
    cosineMatrix(rows, columns).map((row) => Array.from(row)),

  /** The rows most alike to the first one. */
  search(rows: readonly number[][], limit: number) {
    const vectors = rows.map((row) => Float32Array.from(row));
    const index = new VectorIndex(rows[0].length, { rows: rows.length });
    for (const vector of vectors) index.append(vector);
    const [{ hits }] = atOnce(searchRows(index, [vectors[0]], (row) => vectors[row], { limit }));
    return hits;
  },

  ranking: (cosines: number[], logitScale: number) => ({
    places: rankingOf(cosines),
    probabilities: softmax(cosines.map((value) => value * logitScale)),
  }),
};

export type CoreInPage = typeof page;
Object.assign(globalThis, { core: page });
