/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
/** A text, a picture, a vector, or a blend of such: exactly one of these. */
export type ContentInput =
  {   /** A weighted sum of the parts' unit vectors, scaled to unit length again; weights may be negative. For example `[{content: {image: {example: "dog"}}}, {content: {text: "snow"}, weight: 0.5}]`. */
  blend: Array<WeightedInput>; image?: never; text?: never; vector?: never; }
  |  { blend?: never;   /** A picture. */
  image: ImageInput; text?: never; vector?: never; }
  |  { blend?: never; image?: never;   /** For example "a dog". */
  text: string; vector?: never; }
  |  { blend?: never; image?: never; text?: never;   /** An embedding made earlier. */
  vector: VectorInput; };

/** What went wrong; docs/errors.md says what to do about it. */
export type ErrorCode =
  /** An argument has a value that cannot be used. */
  | 'BAD_USER_INPUT'
  /** There is a collection of this name already. */
  | 'COLLECTION_EXISTS'
  /** The collection would hold more items or bytes, or there would be more collections, than the server allows. */
  | 'COLLECTION_FULL'
  /** There is no collection of this name, or the token may not see it. */
  | 'COLLECTION_NOT_FOUND'
  /** A vector has another length than the model's, or than the one it is compared with. */
  | 'DIMENSION_MISMATCH'
  /** A picture could not be fetched from its URL. */
  | 'FETCH_FAILED'
  /** The token may not do this; or nobody may, as the server listens to others without asking for tokens. */
  | 'FORBIDDEN'
  /** A picture has more bytes, more pixels or a longer side than the server accepts, or decoding it takes more memory. */
  | 'IMAGE_TOO_LARGE'
  /** Something went wrong that is not the fault of the request. */
  | 'INTERNAL_SERVER_ERROR'
  /** A picture given as base64 is not base64. */
  | 'INVALID_BASE64'
  /** A vector is empty, is not base64 of float32 values, or holds a value that is not a finite number. */
  | 'INVALID_VECTOR'
  /** The collection has no item with this id. */
  | 'ITEM_NOT_FOUND'
  /** The model has no tower for this kind of content. */
  | 'MODALITY_NOT_SUPPORTED'
  /** A vector is of another space than the one it is to be compared with: of another model, or another dtype. */
  | 'MODEL_MISMATCH'
  /** No model of this name is configured, or there is none of it on the hub. */
  | 'MODEL_NOT_FOUND'
  /** The model's files are missing, damaged, cannot be fetched, or are not a CLIP that can be run. */
  | 'MODEL_UNAVAILABLE'
  /** The device, or the machine, has no memory left to open the model or to run one content of it. */
  | 'OUT_OF_MEMORY'
  /** The queue is full, or the requests under way hold as many bytes as they may. */
  | 'OVERLOADED'
  /** The request is larger, or nested more deeply, than the server accepts. */
  | 'PAYLOAD_TOO_LARGE'
  /** The operation asks for too much at once, counted over aliases, lists and nested fields. */
  | 'QUERY_TOO_COMPLEX'
  /** The client has sent more requests than it may in this time. */
  | 'RATE_LIMITED'
  /** No runtime plugin of this name is configured. */
  | 'RUNTIME_NOT_FOUND'
  /** The runtime cannot do the work on this machine, or its process failed twice. */
  | 'RUNTIME_UNAVAILABLE'
  /** No store plugin of this name is configured. */
  | 'STORE_NOT_FOUND'
  /** The store cannot be reached or written, or what it keeps is damaged. */
  | 'STORE_UNAVAILABLE'
  /** A text has more tokens than the model's context, or more bytes than the server accepts. */
  | 'TEXT_TOO_LONG'
  /** The work was not done within the time limit. */
  | 'TIMEOUT'
  /** A list holds more contents than one request may carry. */
  | 'TOO_MANY_INPUTS'
  /** The server asks for a token, and the request has none that it knows. */
  | 'UNAUTHENTICATED'
  /** The bytes start like a picture of a supported format but cannot be decoded. */
  | 'UNDECODABLE_IMAGE'
  /** The bytes are not a picture of a supported format. */
  | 'UNSUPPORTED_IMAGE_FORMAT'
  /** The server may not fetch this URL: its host is not on the list, it is not https, or it leads to an address that is not public. */
  | 'URL_NOT_ALLOWED'
  /** A vector has length zero, or the parts of a blend cancel each other, so that there is no direction to compare. */
  | 'ZERO_VECTOR';

/** Where a picture comes from: exactly one of these. */
export type ImageInput =
  {   /** Bytes in base64; a data: URI is accepted too. */
  base64: string; example?: never; upload?: never; url?: never; }
  |  { base64?: never;   /** A picture that ships with the server: server { examples }. For example "dog". */
  example: string; upload?: never; url?: never; }
  |  { base64?: never; example?: never;   /** A file part of a multipart request. */
  upload: File; url?: never; }
  |  { base64?: never; example?: never; upload?: never;   /** Fetched by the server; refused unless its configuration allows the host (images.urls.allow). */
  url: string; };

/** A text, a picture or a vector: exactly one of these. */
export type PartInput =
  {   /** A picture. */
  image: ImageInput; text?: never; vector?: never; }
  |  { image?: never;   /** For example "a dog". */
  text: string; vector?: never; }
  |  { image?: never; text?: never;   /** An embedding made earlier. */
  vector: VectorInput; };

/** An embedding made earlier. With the checksum of the model that made it, another model's vector is MODEL_MISMATCH. */
export type VectorInput = {
  /** The checksum of the model that made it. */
  checksum?: string | null | undefined;
  /** The dtype of the model that made it. */
  dtype?: string | null | undefined;
  /** As many components as the model's embeddings have. */
  values: string;
};

/** A part of a blend. */
export type WeightedInput = {
  /** What is added. */
  content: PartInput;
  /** Between -1e30 and 1e30; negative: away from this part. */
  weight?: number;
};

export type RankPhotosQueryVariables = Exact<{
  prompt: string;
  photos: Array<ContentInput> | ContentInput;
}>;


export type RankPhotosQuery = { rank: Array<{ index: number, cosine: number, probability: number | null }>, models: Array<{ id: string, isDefault: boolean }> };

export type EmbedManySubscriptionVariables = Exact<{
  inputs: Array<ContentInput> | ContentInput;
}>;


export type EmbedManySubscription = { embedStream: { completed: number, total: number, index: number, result:
      | { code: ErrorCode, message: string }
      | { id: string, vectorBase64: string }
     } };


export const RankPhotosDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"RankPhotos"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"prompt"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"photos"}},"type":{"kind":"NonNullType","type":{"kind":"ListType","type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ContentInput"}}}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"rank"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"query"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"text"},"value":{"kind":"Variable","name":{"kind":"Name","value":"prompt"}}}]}},{"kind":"Argument","name":{"kind":"Name","value":"candidates"},"value":{"kind":"Variable","name":{"kind":"Name","value":"photos"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"index"}},{"kind":"Field","name":{"kind":"Name","value":"cosine"}},{"kind":"Field","name":{"kind":"Name","value":"probability"}}]}},{"kind":"Field","name":{"kind":"Name","value":"models"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"isDefault"}}]}}]}}]} as unknown as DocumentNode<RankPhotosQuery, RankPhotosQueryVariables>;
export const EmbedManyDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"subscription","name":{"kind":"Name","value":"EmbedMany"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"inputs"}},"type":{"kind":"NonNullType","type":{"kind":"ListType","type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ContentInput"}}}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"embedStream"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"inputs"},"value":{"kind":"Variable","name":{"kind":"Name","value":"inputs"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"completed"}},{"kind":"Field","name":{"kind":"Name","value":"total"}},{"kind":"Field","name":{"kind":"Name","value":"index"}},{"kind":"Field","name":{"kind":"Name","value":"result"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Embedding"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"vectorBase64"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"ContentError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}}]}}]}}]}}]}}]} as unknown as DocumentNode<EmbedManySubscription, EmbedManySubscriptionVariables>;