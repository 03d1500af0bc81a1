import type { Config } from '../config/index.js';
import {
  checkImageSize,
  decodeBase64,
  readExample,
  readFileOf,
  type ByteBudget,
  type ByteShare,
  type UrlFetcher,
} from '../media/index.js';
import { untilAborted } from './cancelling.js';
import type { ImageSource } from './content.js';
import type { RequestScope } from './options.js';
import { Slots } from './slots.js';

/** Bytes of a picture, counted in the budget while anybody holds them. */
export interface HeldBytes {
  /** Until it is released. */
  readonly bytes: Uint8Array;
  /** Holds them for somebody else, too: returns what releases them. */
  readonly retain: () => () => void;
  /** Once; more is nothing. */
  readonly release: () => void;
}

interface PictureBytesParts {
  readonly limits: Config['limits'];
  readonly urls: UrlFetcher;
  readonly budget: ByteBudget;
}

/** Bytes that are being read, or have been. */
interface Entry {
  readonly read: Promise<Uint8Array>;
  readonly end: () => void;
  holders: number;
}

/** What the contents of one request share. */
interface Shared {
  readonly base64: Map<string, Entry>;
  readonly url: Map<string, Entry>;
  readonly slots: Slots;
}

/** Pictures by URL that one request holds at once, from before they are fetched until they are prepared; the others wait. */
const URLS_AT_ONCE = 8;

/**
 * Reads the bytes of pictures. What several contents of one request name alike, a variable in many aliases for example, is
 * decoded or fetched once while any of them needs it.
 */
export class PictureBytes {
  readonly #parts: PictureBytesParts;
  readonly #shared = new WeakMap<object, Shared>();

  constructor(parts: PictureBytesParts) {
    this.#parts = parts;
  }

  /**
   * @throws IMAGE_TOO_LARGE, INVALID_BASE64, URL_NOT_ALLOWED, FETCH_FAILED, BAD_USER_INPUT, OVERLOADED; the signal's reason
   */
  async hold(source: ImageSource, { signal, group = signal }: RequestScope): Promise<HeldBytes> {
    const entry = this.#entryOf(source, group);
    entry.holders++;
    const retain = (): (() => void) => {
      entry.holders++;
      return this.#releaseOnce(entry);
    };
    const release = this.#releaseOnce(entry);
    let bytes: Uint8Array | undefined;
    try {
      bytes = await untilAborted(entry.read, signal);
    } catch (error) {
      release();
      throw error;
    }
    return { bytes, retain, release };
  }

  #releaseOnce(entry: Entry): () => void {
    let isReleased = false;
    return () => {
      if (isReleased) return;
      isReleased = true;
      entry.holders--;
      if (entry.holders === 0) entry.end();
    };
  }

  #entryOf(source: ImageSource, group: object): Entry {
    const { limits, urls } = this.#parts;
    const { maxImageBytes } = limits;
    const { base64, url } = source;
    if (base64 !== undefined || url !== undefined) {
      const shared = this.#sharedBy(group);
      const [entries, name] = base64 === undefined ? [shared.url, url] : [shared.base64, base64];
      const known = entries.get(name);
      if (known !== undefined) return known;
      const entry = this.#start(
        async (share, signal) => {
          if (base64 !== undefined) return { bytes: await decodeBase64(name, maxImageBytes, share) };
          const giveBack = await shared.slots.take(signal);
          try {
            return { bytes: await urls.fetch(name, signal, share), giveBack };
          } catch (error) {
            giveBack();
            throw error;
          }
        },
        () => entries.delete(name),
      );
      entries.set(name, entry);
      return entry;
    }
    return this.#start(async (share) => {
      if (source.read !== undefined) return { bytes: await source.read(maxImageBytes) };
      if (source.example !== undefined) return { bytes: await readExample(source.example) };
      if (source.path !== undefined) {
        const bytes = await readFileOf(source.path, maxImageBytes);
        share.take(bytes.length);
        return { bytes };
      }
      checkImageSize(source.bytes.length, maxImageBytes);
      share.take(source.bytes.length);
      // The caller may write into his own bytes while they wait to be decoded, after they were hashed.
      return { bytes: Uint8Array.from(source.bytes) };
    });
  }

  #sharedBy(group: object): Shared {
    const known = this.#shared.get(group);
    if (known !== undefined) return known;
    const shared = { base64: new Map(), url: new Map(), slots: new Slots(URLS_AT_ONCE) };
    this.#shared.set(group, shared);
    return shared;
  }

  #start(
    read: (
      share: ByteShare,
      signal: AbortSignal,
    ) => Promise<{ readonly bytes: Uint8Array; readonly giveBack?: () => void }>,
    forget: () => void = () => undefined,
  ): Entry {
    const share = this.#parts.budget.open();
    const controller = new AbortController();
    const reading = read(share, controller.signal);
    const end = (): void => {
      forget();
      controller.abort(); // Nobody waits for what is still being read.
      share.close();
      void reading.then(
        ({ giveBack }) => giveBack?.(),
        () => undefined,
      );
    };
    return { read: reading.then(({ bytes }) => bytes), end, holders: 0 };
  }
}
