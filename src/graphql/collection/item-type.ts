import type { GraphQLResolveInfo } from 'graphql';
import { Ctx, FieldResolver, Float, ID, Info, ObjectType, Resolver, Root } from 'type-graphql';
import type { ImageInfo } from '../../engine/index.js';
import { Modality } from '../content/inputs.js';
import type { Context } from '../context.js';
import { spendAnswer } from '../cost/answer-room.js';
import { ImageInfoType } from '../embedding/embedding-type.js';
import { roomFor, Vector } from '../scalars.js';
import { Json, DateTime, type JsonValue } from './json-scalar.js';
import type { KeptItem } from './kept.js';

@ObjectType('Item', { description: 'Something that a collection keeps.' })
export class ItemType {}

/** Fields of an item that need no type which refers back to Item. */
@Resolver(() => ItemType)
export class ItemFieldsResolver {
  @FieldResolver(() => ID, {
    description:
      'Unique in its collection: as given, else the hash of the content. 1 to 1,024 bytes of UTF-8, ordered by bytes.',
  })
  id(@Root() { item }: KeptItem): string {
    return item.id;
  }

  @FieldResolver(() => ID, {
    description:
      "Unique everywhere: the collection's name, a slash and the id, for clients that keep a cache.",
  })
  globalId(@Root() { item, collection }: KeptItem): string {
    return `${collection.name}/${item.id}`;
  }

  @FieldResolver(() => Modality, { description: 'What the content was.' })
  modality(@Root() { item }: KeptItem): Modality {
    return Modality[item.modality];
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: 'Of a text, where the collection keeps texts.',
  })
  text(
    @Root() { item }: KeptItem,
    @Ctx() context: Context,
    @Info() info: GraphQLResolveInfo,
  ): string | undefined {
    return spendAnswer(item.text, context, info);
  }

  @FieldResolver(() => String, {
    nullable: true,
    description:
      'Where the content came from, as the client said: a path relative to what was indexed, or a URL; of a picture by URL, that URL.',
  })
  source(
    @Root() { item }: KeptItem,
    @Ctx() context: Context,
    @Info() info: GraphQLResolveInfo,
  ): string | undefined {
    return spendAnswer(item.source, context, info);
  }

  @FieldResolver(() => ImageInfoType, { nullable: true, description: 'Present for images.' })
  image(@Root() { item }: KeptItem): ImageInfo | undefined {
    return item.image;
  }

  @FieldResolver(() => Json, { description: 'As it was given; {} if none was.' })
  metadata(@Root() { item }: KeptItem, @Ctx() context: Context, @Info() info: GraphQLResolveInfo): JsonValue {
    return spendAnswer(item.metadata, context, info);
  }

  @FieldResolver(() => String, {
    description:
      'SHA-256 in hexadecimal: of the bytes of a picture, of a text in UTF-8, of a vector as float32; of a blend, of its parts.',
  })
  contentHash(@Root() { item }: KeptItem): string {
    return item.contentHash;
  }

  @FieldResolver(() => String, {
    nullable: true,
    description:
      'Where a small picture of it can be had: a relative address with an expiring signature; null if none is kept.',
  })
  thumbnail(@Root() { item }: KeptItem, @Ctx() context: Context): string | undefined {
    return item.hasThumbnail ? context.thumbnailOf(item) : undefined;
  }

  @FieldResolver(() => DateTime, { description: 'When this content was first added under this id.' })
  addedAt(@Root() { item }: KeptItem): Date {
    return item.addedAt;
  }

  @FieldResolver(() => [Float], { description: 'Of unit length. For programs, vectorBase64 is far cheaper.' })
  async vector(@Root() { item }: KeptItem, @Ctx() context: Context): Promise<number[]> {
    await roomFor(item.vector.length, context);
    return Array.from(item.vector);
  }

  @FieldResolver(() => Vector, { description: 'The same components, packed.' })
  vectorBase64(@Root() { item }: KeptItem): Float32Array {
    return item.vector;
  }
}
