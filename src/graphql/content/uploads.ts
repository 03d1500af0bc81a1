import { GraphQLError, GraphQLScalarType } from 'graphql';
import type { ImageSource } from '../../engine/index.js';
import { ClipgraphError } from '../../errors/index.js';
import { checkImageSize } from '../../media/index.js';

/** A file that the map of a multipart request names. One may stand at several places. */
export class UploadedFile {
  #bytes: Uint8Array | undefined;
  /** One object for all places, so that the file is read and hashed once. */
  readonly source: ImageSource = { read: (maxBytes) => Promise.resolve(this.#read(maxBytes)) };

  /** Whether its part has come. */
  get isThere(): boolean {
    return this.#bytes !== undefined;
  }

  /** Its part of the request has been read whole. */
  fill(bytes: Uint8Array): void {
    this.#bytes = bytes;
  }

  /**
   * @throws IMAGE_TOO_LARGE, BAD_USER_INPUT for a file of which no part has come
   */
  #read(maxBytes: number): Uint8Array {
    if (this.#bytes === undefined) {
      const message = 'The file that the map of the multipart request names is missing.';
      throw new ClipgraphError('BAD_USER_INPUT', message);
    }
    checkImageSize(this.#bytes.length, maxBytes);
    return this.#bytes;
  }
}

/** Only a multipart request has files to put in its place. */
export const Upload = new GraphQLScalarType<UploadedFile, never>({
  name: 'Upload',
  description:
    'A file part of a multipart request (GraphQL multipart request specification). ' +
    'Send the header `apollo-require-preflight: true` with it.',
  serialize: () => {
    throw new GraphQLError('An Upload is never part of an answer.');
  },
  parseValue: (value) => {
    if (value instanceof UploadedFile) return value;
    throw new GraphQLError('An Upload is a file part of a multipart request.');
  },
  parseLiteral: () => {
    throw new GraphQLError('An Upload is given as a variable, as a file part of a multipart request.');
  },
});
