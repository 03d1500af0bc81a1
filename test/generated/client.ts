/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
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

/** What a collection is created with; nothing of it changes afterwards. */
export type CreateCollectionInput = {
  /** For people: up to 1,000 characters. */
  description?: string | null | undefined;
  /** Whether pictures are kept as they were sent, so that the collection can be made anew. */
  keepOriginals?: boolean;
  /** Whether texts are kept; else their hash alone. */
  keepText?: boolean;
  /** A model's id or alias; the configured default if absent. */
  model?: string | number | null | undefined;
  /** 1 to 64 of a-z, 0-9, "-" and "_". */
  name: string | number;
  /** A configured store; the default one if absent. */
  store?: string | number | null | undefined;
  /** Whether small pictures are kept. */
  thumbnails?: boolean;
};

/** How contents are embedded. */
export type EmbedOptions = {
  /** A model's id or alias; the configured default if absent. */
  model?: string | number | null | undefined;
  /** Scale the vector to unit length. */
  normalize?: boolean;
  /** Turn the image as its EXIF orientation says before anything else; as configured if absent. */
  orientation?: Orientation | null | undefined;
  /** The runtime that must do the work; an error, never another runtime, if it can't. */
  runtime?: string | null | undefined;
  /** Cut texts that are longer than the model's context instead of refusing them. */
  truncate?: boolean;
};

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

/** A condition on a value of the metadata: a key, and exactly one of the others. It is false where the key is missing or its value is of another type. */
export type FieldCondition = {
  /** Equal to this, objects whatever the order of their keys. */
  eq?: unknown;
  /** Whether the key is there. */
  exists?: boolean | null | undefined;
  /** Greater than this number, or after this string by its bytes. */
  gt?: unknown;
  /** Greater than this, or equal. */
  gte?: unknown;
  /** Equal to one of these. */
  in?: Array<unknown> | null | undefined;
  /** A key of the metadata, or a path with dots: "camera.make". */
  key: string;
  /** Less than this number, or before this string by its bytes. */
  lt?: unknown;
  /** Less than this, or equal. */
  lte?: unknown;
  /** A string that begins with this. */
  startsWith?: string | null | undefined;
};

/** Where a picture comes from: exactly one of these. */
export type ImageInput =
  {   /** Bytes in base64; a data: URI is accepted too. */
  base64: string; example?: never; upload?: never; url?: never; }
  |  { base64?: never;   /** A picture that ships with the server: server { examples }. For example "dog". */
  example: string; upload?: never; url?: never; }
  |  { base64?: never; example?: never;   /** A file part of a multipart request. */
  upload: unknown; url?: never; }
  |  { base64?: never; example?: never; upload?: never;   /** Fetched by the server; refused unless its configuration allows the host (images.urls.allow). */
  url: string; };

/** Which items are meant: all that is given must hold. */
export type ItemFilter = {
  /** All of these conditions. */
  all?: Array<FieldCondition> | null | undefined;
  /** At least one of these filters. */
  any?: Array<ItemFilter> | null | undefined;
  /** Items of this kind. */
  modality?: Modality | null | undefined;
  /** What this filter does not mean. */
  not?: ItemFilter | null | undefined;
};

/** Something to be kept. */
export type ItemInput = {
  /** What is embedded. */
  content: ContentInput;
  /** The hash of the content if absent: the same content is then the same item. */
  id?: string | number | null | undefined;
  /** An object. Absent: what is there already stays; {} clears it. */
  metadata?: unknown;
  /** Where the content came from: up to 2,048 characters. */
  source?: string | null | undefined;
};

/** The kind of a content. */
export type Modality =
  | 'BLEND'
  | 'IMAGE'
  | 'TEXT'
  | 'VECTOR';

/** What becomes of the orientation that a camera wrote into a picture. */
export type Orientation =
  /** Turn the picture upright first, as browsers do. */
  | 'APPLY'
  /** Take the pixels as they are stored, as the reference implementations do. */
  | 'IGNORE';

/** A text, a picture or a vector: exactly one of these. */
export type PartInput =
  {   /** A picture. */
  image: ImageInput; text?: never; vector?: never; }
  |  { image?: never;   /** For example "a dog". */
  text: string; vector?: never; }
  |  { image?: never; text?: never;   /** An embedding made earlier. */
  vector: VectorInput; };

/** Whose way a picture becomes RGB, and where its crop lies. */
export type PixelConvention =
  /** As transformers 5 with Pillow: transparency onto white, then RGB, then resized. */
  | 'HF'
  /** As transformers 4: transparency is dropped. */
  | 'HF4'
  /** As openai/CLIP and open_clip: resized in the picture's own mode, then RGB. */
  | 'OPENAI';

/** One of Pillow's filters. */
export type ResamplingFilter =
  | 'BICUBIC'
  | 'BILINEAR'
  | 'BOX'
  | 'HAMMING'
  | 'LANCZOS'
  | 'NEAREST';

/** The state of a runtime. */
export type RuntimeStatus =
  /** It can run, and starts when it is first asked. */
  | 'IDLE'
  /** Its process runs. */
  | 'READY'
  /** It cannot run now: see reason. */
  | 'UNAVAILABLE';

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

export type CreateCollectionMutationVariables = Exact<{
  input: CreateCollectionInput;
}>;


export type CreateCollectionMutation = { createCollection: { name: string, description: string | null, checksum: string, dtype: string, dimensions: number, count: number, createdAt: unknown, updatedAt: unknown, model: { id: string } | null, store: { name: string, isExact: boolean, hasManyWriters: boolean, status: RuntimeStatus, reason: string | null } } };

export type DeleteCollectionMutationVariables = Exact<{
  name: string | number;
}>;


export type DeleteCollectionMutation = { deleteCollection: boolean };

export type AddItemsMutationVariables = Exact<{
  collection: string | number;
  items: Array<ItemInput> | ItemInput;
  options?: EmbedOptions | null | undefined;
}>;


export type AddItemsMutation = { addItems: Array<
    | { wasEmbedded: boolean, item: { id: string, globalId: string, modality: Modality, text: string | null, source: string | null, metadata: unknown, contentHash: string, addedAt: unknown, image: { format: string, width: number, height: number, bytes: number } | null } }
    | { index: number, code: ErrorCode, message: string }
  > };

export type RemoveItemsMutationVariables = Exact<{
  collection: string | number;
  ids: Array<string | number> | string | number;
}>;


export type RemoveItemsMutation = { removeItems: number };

export type SearchQueryVariables = Exact<{
  collection: string | number;
  query?: ContentInput | null | undefined;
  itemId?: string | number | null | undefined;
  filter?: ItemFilter | null | undefined;
  minCosine?: number | null | undefined;
  first?: number;
  after?: string | null | undefined;
  options?: EmbedOptions | null | undefined;
}>;


export type SearchQuery = { search: { isExact: boolean, searched: number, milliseconds: number, hits: Array<{ cosine: number, item: { id: string, metadata: unknown, vectorBase64: string }, similarity: { cosine: number, clipScore: number | null, logit: number | null, interpretation: string | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type ItemsQueryVariables = Exact<{
  name: string | number;
  first?: number;
  after?: string | null | undefined;
  filter?: ItemFilter | null | undefined;
}>;


export type ItemsQuery = { collection: { count: number, items: { totalCount: number, nodes: Array<{ id: string, metadata: unknown, neighbours: Array<{ cosine: number, item: { id: string } }> }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } | null };

export type EmbedQueryVariables = Exact<{
  input: ContentInput;
  options?: EmbedOptions | null | undefined;
}>;


export type EmbedQuery = { embed: { id: string, modality: Modality, text: string | null, dimensions: number, shape: Array<number>, vector: Array<number>, vectorBase64: string, norm: number, isNormalized: boolean, isCached: boolean, model: { id: string, checksum: string | null, dtype: string }, runtime: { name: string, status: RuntimeStatus, library: string | null, version: string | null } | null, tokens: { ids: Array<number>, pieces: Array<string>, count: number, contextLength: number, isTruncated: boolean } | null, image: { format: string, width: number, height: number, bytes: number } | null, timing: { prepare: number, queue: number, inference: number } | null } };

export type EmbedBatchQueryVariables = Exact<{
  inputs: Array<ContentInput> | ContentInput;
  options?: EmbedOptions | null | undefined;
}>;


export type EmbedBatchQuery = { embedBatch: Array<
    | { __typename: 'ContentError', index: number, code: ErrorCode, message: string }
    | { __typename: 'Embedding', text: string | null, modality: Modality, vectorBase64: string, isCached: boolean }
  > };

export type RankQueryVariables = Exact<{
  query: ContentInput;
  candidates: Array<ContentInput> | ContentInput;
  limit?: number | null | undefined;
  options?: EmbedOptions | null | undefined;
}>;


export type RankQuery = { rank: Array<{ index: number, cosine: number, probability: number | null, embedding: { text: string | null } }> };

export type ServerQueryVariables = Exact<{ [key: string]: never; }>;


export type ServerQuery = { server: { version: string, uptime: number, examples: Array<string>, limits: { maxInputs: number, maxBodyBytes: number, maxTextBytes: number, maxImageBytes: number, maxImagePixels: number, maxQueue: number, timeoutMs: number } }, models: Array<{ id: string, aliases: Array<string>, revision: string | null, checksum: string | null, architecture: string | null, dimensions: number | null, contextLength: number | null, imageSize: number | null, logitScale: number | null, dtype: string, isDefault: boolean, isLoaded: boolean, license: string | null, description: string, preparation: { summary: string, convention: PixelConvention, shortestSide: number | null, filter: ResamplingFilter, rescaleFactor: number, mean: Array<number>, std: Array<number>, exactSize: { width: number, height: number } | null, crop: { width: number, height: number } } | null }>, runtimes: Array<{ name: string, status: RuntimeStatus, reason: string | null, device: string | null, library: string | null, version: string | null, threads: number | null, workers: number | null, isDefault: boolean }> };

export type SimilarityQueryVariables = Exact<{
  a: ContentInput;
  b: ContentInput;
  options?: EmbedOptions | null | undefined;
}>;


export type SimilarityQuery = { similarity: { cosine: number, angle: number, distance: number, certainty: number, clipScore: number | null, logit: number | null, interpretation: string | null, model: { id: string }, a: { modality: Modality, runtime: { name: string } | null }, b: { modality: Modality } } };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}

export const CreateCollectionDocument = new TypedDocumentString(`
    mutation CreateCollection($input: CreateCollectionInput!) {
  createCollection(input: $input) {
    name
    description
    model {
      id
    }
    checksum
    dtype
    dimensions
    count
    store {
      name
      isExact
      hasManyWriters
      status
      reason
    }
    createdAt
    updatedAt
  }
}
    `) as unknown as TypedDocumentString<CreateCollectionMutation, CreateCollectionMutationVariables>;
export const DeleteCollectionDocument = new TypedDocumentString(`
    mutation DeleteCollection($name: ID!) {
  deleteCollection(name: $name)
}
    `) as unknown as TypedDocumentString<DeleteCollectionMutation, DeleteCollectionMutationVariables>;
export const AddItemsDocument = new TypedDocumentString(`
    mutation AddItems($collection: ID!, $items: [ItemInput!]!, $options: EmbedOptions) {
  addItems(collection: $collection, items: $items, options: $options) {
    ... on AddedItem {
      wasEmbedded
      item {
        id
        globalId
        modality
        text
        source
        metadata
        contentHash
        addedAt
        image {
          format
          width
          height
          bytes
        }
      }
    }
    ... on ContentError {
      index
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<AddItemsMutation, AddItemsMutationVariables>;
export const RemoveItemsDocument = new TypedDocumentString(`
    mutation RemoveItems($collection: ID!, $ids: [ID!]!) {
  removeItems(collection: $collection, ids: $ids)
}
    `) as unknown as TypedDocumentString<RemoveItemsMutation, RemoveItemsMutationVariables>;
export const SearchDocument = new TypedDocumentString(`
    query Search($collection: ID!, $query: ContentInput, $itemId: ID, $filter: ItemFilter, $minCosine: Float, $first: Int! = 10, $after: String, $options: EmbedOptions) {
  search(
    collection: $collection
    query: $query
    itemId: $itemId
    filter: $filter
    minCosine: $minCosine
    first: $first
    after: $after
    options: $options
  ) {
    hits {
      cosine
      item {
        id
        metadata
        vectorBase64
      }
      similarity {
        cosine
        clipScore
        logit
        interpretation
      }
    }
    isExact
    searched
    pageInfo {
      hasNextPage
      endCursor
    }
    milliseconds
  }
}
    `) as unknown as TypedDocumentString<SearchQuery, SearchQueryVariables>;
export const ItemsDocument = new TypedDocumentString(`
    query Items($name: ID!, $first: Int! = 50, $after: String, $filter: ItemFilter) {
  collection(name: $name) {
    count
    items(first: $first, after: $after, filter: $filter) {
      totalCount
      nodes {
        id
        metadata
        neighbours(limit: 2) {
          cosine
          item {
            id
          }
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ItemsQuery, ItemsQueryVariables>;
export const EmbedDocument = new TypedDocumentString(`
    query Embed($input: ContentInput!, $options: EmbedOptions) {
  embed(input: $input, options: $options) {
    id
    modality
    text
    dimensions
    shape
    vector
    vectorBase64
    norm
    isNormalized
    isCached
    model {
      id
      checksum
      dtype
    }
    runtime {
      name
      status
      library
      version
    }
    tokens {
      ids
      pieces
      count
      contextLength
      isTruncated
    }
    image {
      format
      width
      height
      bytes
    }
    timing {
      prepare
      queue
      inference
    }
  }
}
    `) as unknown as TypedDocumentString<EmbedQuery, EmbedQueryVariables>;
export const EmbedBatchDocument = new TypedDocumentString(`
    query EmbedBatch($inputs: [ContentInput!]!, $options: EmbedOptions) {
  embedBatch(inputs: $inputs, options: $options) {
    __typename
    ... on Embedding {
      text
      modality
      vectorBase64
      isCached
    }
    ... on ContentError {
      index
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<EmbedBatchQuery, EmbedBatchQueryVariables>;
export const RankDocument = new TypedDocumentString(`
    query Rank($query: ContentInput!, $candidates: [ContentInput!]!, $limit: Int, $options: EmbedOptions) {
  rank(query: $query, candidates: $candidates, limit: $limit, options: $options) {
    index
    cosine
    probability
    embedding {
      text
    }
  }
}
    `) as unknown as TypedDocumentString<RankQuery, RankQueryVariables>;
export const ServerDocument = new TypedDocumentString(`
    query Server {
  server {
    version
    uptime
    examples
    limits {
      maxInputs
      maxBodyBytes
      maxTextBytes
      maxImageBytes
      maxImagePixels
      maxQueue
      timeoutMs
    }
  }
  models {
    id
    aliases
    revision
    checksum
    architecture
    dimensions
    contextLength
    imageSize
    preparation {
      summary
      convention
      shortestSide
      exactSize {
        width
        height
      }
      filter
      crop {
        width
        height
      }
      rescaleFactor
      mean
      std
    }
    logitScale
    dtype
    isDefault
    isLoaded
    license
    description
  }
  runtimes {
    name
    status
    reason
    device
    library
    version
    threads
    workers
    isDefault
  }
}
    `) as unknown as TypedDocumentString<ServerQuery, ServerQueryVariables>;
export const SimilarityDocument = new TypedDocumentString(`
    query Similarity($a: ContentInput!, $b: ContentInput!, $options: EmbedOptions) {
  similarity(a: $a, b: $b, options: $options) {
    cosine
    angle
    distance
    certainty
    clipScore
    logit
    interpretation
    model {
      id
    }
    a {
      modality
      runtime {
        name
      }
    }
    b {
      modality
    }
  }
}
    `) as unknown as TypedDocumentString<SimilarityQuery, SimilarityQueryVariables>;