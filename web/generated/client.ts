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

export type AboutQueryVariables = Exact<{ [key: string]: never; }>;


export type AboutQuery = { models: Array<{ id: string, description: string, isDefault: boolean }> };

export type RankPromptsQueryVariables = Exact<{
  picture: ImageInput;
  prompts: Array<ContentInput> | ContentInput;
}>;


export type RankPromptsQuery = { rank: Array<{ index: number, cosine: number, probability: number | null, similarity: { interpretation: string | null, model: { id: string, dtype: string }, a: { image: { width: number, height: number } | null, runtime: { name: string } | null } } }> };

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

export const AboutDocument = new TypedDocumentString(`
    query About {
  models {
    id
    description
    isDefault
  }
}
    `) as unknown as TypedDocumentString<AboutQuery, AboutQueryVariables>;
export const RankPromptsDocument = new TypedDocumentString(`
    query RankPrompts($picture: ImageInput!, $prompts: [ContentInput!]!) {
  rank(query: {image: $picture}, candidates: $prompts) {
    index
    cosine
    probability
    similarity {
      interpretation
      model {
        id
        dtype
      }
      a {
        image {
          width
          height
        }
        runtime {
          name
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<RankPromptsQuery, RankPromptsQueryVariables>;