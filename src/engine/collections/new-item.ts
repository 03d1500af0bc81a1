import { ClipgraphError } from '../../errors/index.js';
import type { JsonObject, Origin } from '../../stores/index.js';
import { checkContent } from '../check-content.js';
import type { Content } from '../content.js';

/** Something to be kept. */
export interface NewItem {
  /** The hash of the content if absent: the same content is then the same item. */
  readonly id?: string | null | undefined;
  readonly content: Content;
  /** Where the content came from: a relative path, a URL. A picture's URL if absent. */
  readonly source?: string | null | undefined;
  /** Absent: what is there already stays; `{}` clears it. */
  readonly metadata?: JsonObject | null | undefined;
  /** The file that it was made of: what `clipgraph index` keeps beside it. */
  readonly origin?: Origin | undefined;
}

const LONGEST_SOURCE = 2048;

function refuse(message: string): never {
  throw new ClipgraphError('BAD_USER_INPUT', message);
}

/**
 * What a program without types may hand in, as an item.
 *
 * @throws BAD_USER_INPUT
 */
export function checkItem(given: unknown, maxMetadataBytes: number): NewItem {
  if (typeof given !== 'object' || given === null) refuse('An item is an object: { content: { text: … } }.');
  const { id, content, source, metadata } = given as Record<string, unknown>;
  checkContent(content);
  if (id != null && typeof id !== 'string') refuse(`Expected the id of an item to be a string.`);
  if (source != null && (typeof source !== 'string' || source.length > LONGEST_SOURCE)) {
    refuse(`Expected the source of an item to be a string of ${LONGEST_SOURCE} characters at most.`);
  }
  if (metadata != null) {
    if (typeof metadata !== 'object' || Array.isArray(metadata)) {
      refuse('Expected the metadata of an item to be an object.');
    }
    const bytes = Buffer.byteLength(JSON.stringify(metadata));
    if (bytes > maxMetadataBytes) {
      refuse(
        `The metadata has ${bytes} bytes as JSON; the limit is ${maxMetadataBytes} (limits.maxMetadataBytes).`,
      );
    }
  }
  return given as NewItem;
}
