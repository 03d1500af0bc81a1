/**
 * The one table of errors: what each code means and what to do about it.
 *
 * `scope` says what a failure concerns. A `content` failure is one input's own fault: in a batch it is data, in its
 * place among the results. A `request` failure concerns everything that was asked.
 */
interface ErrorEntry {
  readonly scope: 'content' | 'request';
  readonly meaning: string;
  readonly remedy: string;
}

export const ERRORS = {
  BAD_USER_INPUT: {
    scope: 'content',
    meaning: 'An argument has a value that cannot be used.',
    remedy: 'Correct the value that the message names.',
  },
  PAYLOAD_TOO_LARGE: {
    scope: 'request',
    meaning: 'The request is larger, or nested more deeply, than the server accepts.',
    remedy: 'Send fewer or smaller contents, or raise the limit that the message names.',
  },
  TEXT_TOO_LONG: {
    scope: 'content',
    meaning: "A text has more tokens than the model's context, or more bytes than the server accepts.",
    remedy: 'Shorten the text, or set options.truncate to cut it at the context length.',
  },
  UNDECODABLE_IMAGE: {
    scope: 'content',
    meaning: 'The bytes start like a picture of a supported format but cannot be decoded.',
    remedy: 'Check that the file is complete: it opens in an image viewer.',
  },
  UNSUPPORTED_IMAGE_FORMAT: {
    scope: 'content',
    meaning: 'The bytes are not a picture of a supported format.',
    remedy: 'Send a JPEG, PNG, WebP, GIF, TIFF or AVIF picture.',
  },
  IMAGE_TOO_LARGE: {
    scope: 'content',
    meaning:
      'A picture has more bytes, more pixels or a longer side than the server accepts, or decoding it takes more memory.',
    remedy: 'Send a smaller picture, or raise the limit that the message names.',
  },
  INVALID_BASE64: {
    scope: 'content',
    meaning: 'A picture given as base64 is not base64.',
    remedy: 'Encode the bytes of the file in standard base64 (RFC 4648); a data: URI works too.',
  },
  INVALID_VECTOR: {
    scope: 'content',
    meaning:
      'A vector is empty, is not base64 of float32 values, or holds a value that is not a finite number.',
    remedy: 'Send finite numbers, or base64 of little-endian float32 values.',
  },
  ZERO_VECTOR: {
    scope: 'content',
    meaning:
      'A vector has length zero, or the parts of a blend cancel each other, so that there is no direction to compare.',
    remedy: 'Leave this content out of the comparison.',
  },
  DIMENSION_MISMATCH: {
    scope: 'content',
    meaning: "A vector has another length than the model's, or than the one it is compared with.",
    remedy: 'Compare vectors of one model, and name that model.',
  },
  URL_NOT_ALLOWED: {
    scope: 'content',
    meaning:
      'The server may not fetch this URL: its host is not on the list, it is not https, or it leads to an address that is not public.',
    remedy: 'Send the picture itself, or have the host added to images.urls.allow.',
  },
  FETCH_FAILED: {
    scope: 'content',
    meaning: 'A picture could not be fetched from its URL.',
    remedy: 'Check that the URL answers 200 with the picture, and try again.',
  },
  TOO_MANY_INPUTS: {
    scope: 'request',
    meaning: 'A list holds more contents than one request may carry.',
    remedy: 'Split the list over several requests, or raise limits.maxInputs.',
  },
  QUERY_TOO_COMPLEX: {
    scope: 'request',
    meaning: 'The operation asks for too much at once, counted over aliases, lists and nested fields.',
    remedy: 'Ask for less in one operation, or send several.',
  },
  MODEL_NOT_FOUND: {
    scope: 'request',
    meaning: 'No model of this name is configured, or there is none of it on the hub.',
    remedy: 'Query models { id } for the names, or add the model to the configuration.',
  },
  MODEL_MISMATCH: {
    scope: 'content',
    meaning:
      'A vector is of another space than the one it is to be compared with: of another model, or another dtype.',
    remedy:
      'Name the model that made the vector, or make the vector again; version 0.1 stated other checksums for the same models.',
  },
  MODALITY_NOT_SUPPORTED: {
    scope: 'request',
    meaning: 'The model has no tower for this kind of content.',
    remedy: 'Choose a model that has one.',
  },
  MODEL_UNAVAILABLE: {
    scope: 'request',
    meaning: "The model's files are missing, damaged, cannot be fetched, or are not a CLIP that can be run.",
    remedy: "Correct the model's folder, or what keeps it from being fetched, as the message says.",
  },
  RUNTIME_NOT_FOUND: {
    scope: 'request',
    meaning: 'No runtime plugin of this name is configured.',
    remedy: 'Query runtimes { name } for the names.',
  },
  RUNTIME_UNAVAILABLE: {
    scope: 'request',
    meaning: 'The runtime cannot do the work on this machine, or its process failed twice.',
    remedy: 'Query runtimes { name reason }, or choose another runtime.',
  },
  OUT_OF_MEMORY: {
    scope: 'request',
    meaning: 'The device, or the machine, has no memory left to open the model or to run one content of it.',
    remedy: 'End what else uses that memory, or do what the message says.',
  },
  COLLECTION_NOT_FOUND: {
    scope: 'request',
    meaning: 'There is no collection of this name, or the token may not see it.',
    remedy: 'Query collections { name } for the names.',
  },
  COLLECTION_EXISTS: {
    scope: 'request',
    meaning: 'There is a collection of this name already.',
    remedy: 'Choose another name, or delete that collection first.',
  },
  COLLECTION_FULL: {
    scope: 'request',
    meaning:
      'The collection would hold more items or bytes, or there would be more collections, than the server allows.',
    remedy: 'Remove items or collections, or raise the limit that the message names.',
  },
  ITEM_NOT_FOUND: {
    scope: 'content',
    meaning: 'The collection has no item with this id.',
    remedy: 'Query collection { items { nodes { id } } } for the ids.',
  },
  STORE_NOT_FOUND: {
    scope: 'request',
    meaning: 'No store plugin of this name is configured.',
    remedy: 'Query stores { name } for the names.',
  },
  STORE_UNAVAILABLE: {
    scope: 'request',
    meaning: 'The store cannot be reached or written, or what it keeps is damaged.',
    remedy: 'Do what the message says; query stores { name reason } for its state.',
  },
  FORBIDDEN: {
    scope: 'request',
    meaning:
      'The token may not do this; or nobody may, as the server listens to others without asking for tokens.',
    remedy: 'Send a token with the scope that the message names; the operator sets scopes under auth.tokens.',
  },
  OVERLOADED: {
    scope: 'request',
    meaning: 'The queue is full, or the requests under way hold as many bytes as they may.',
    remedy:
      'Try again when the header Retry-After says, or raise limits.maxQueue or limits.maxBytesUnderWay.',
  },
  TIMEOUT: {
    scope: 'request',
    meaning: 'The work was not done within the time limit.',
    remedy: 'Ask for less at once, or raise limits.timeoutMs.',
  },
  UNAUTHENTICATED: {
    scope: 'request',
    meaning: 'The server asks for a token, and the request has none that it knows.',
    remedy:
      'Send the header Authorization: Bearer <token>; over WebSocket, the same as a connection parameter.',
  },
  RATE_LIMITED: {
    scope: 'request',
    meaning: 'The client has sent more requests than it may in this time.',
    remedy: 'Wait as long as the header Retry-After says.',
  },
  INTERNAL_SERVER_ERROR: {
    scope: 'request',
    meaning: 'Something went wrong that is not the fault of the request.',
    remedy: 'Find the id of the answer in the log of the server, and report it.',
  },
} as const satisfies Record<string, ErrorEntry>;

/** A stable code, part of the API: `extensions.code` of a GraphQL error, `code` of a `ContentError`. */
export type ErrorCode = keyof typeof ERRORS;

export const ERROR_CODES = Object.keys(ERRORS) as ErrorCode[];
