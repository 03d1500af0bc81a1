import { ClipgraphError } from '../../../errors/index.js';

/** A field of a message. */
export interface Field {
  readonly field: number;
  /** Of a field with a length; else empty. */
  readonly bytes: Uint8Array;
  /** Of a number; floats are taken for 32-bit ones. */
  readonly number: number;
}

const NONE = new Uint8Array();

function cutOff(): ClipgraphError {
  const message = "The tokenizer's sentencepiece model is cut off, or not a message of protobuf.";
  return new ClipgraphError('MODEL_UNAVAILABLE', message);
}

/**
 * The fields of a message, in order. Source: protobuf.dev, Encoding.
 *
 * @throws MODEL_UNAVAILABLE where it is none
 */
export function* fields(bytes: Uint8Array): Generator<Field, void, undefined> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      // Ten bytes at most; what is beyond 53 bits are signs of negative numbers, which none of the fields that count has.
      if (at >= bytes.length || shift > 2 ** 63) throw cutOff();
      const byte = bytes[at++];
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
  };
  const skip = (length: number): number => {
    if (length > bytes.length - at) throw cutOff();
    at += length;
    return at - length;
  };
  while (at < bytes.length) {
    const key = varint();
    const field = Math.floor(key / 8);
    switch (key % 8) {
      case 0:
        yield { field, bytes: NONE, number: varint() };
        break;
      case 1:
        yield { field, bytes: NONE, number: view.getFloat64(skip(8), true) };
        break;
      case 2: {
        const length = varint();
        const start = skip(length);
        yield { field, bytes: bytes.subarray(start, at), number: 0 };
        break;
      }
      case 5:
        yield { field, bytes: NONE, number: view.getFloat32(skip(4), true) };
        break;
      default:
        throw cutOff();
    }
  }
}
