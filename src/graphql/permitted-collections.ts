import type {
  Collection,
  Collections,
  NewCollection,
  ReindexOptions,
  ReindexProgress,
  RequestScope,
} from '../engine/index.js';
import { ClipgraphError } from '../errors/index.js';

/** What a client may do with collections; each includes those before it. */
export const ACCESS_SCOPES = ['read', 'write', 'admin'] as const;
export type AccessScope = (typeof ACCESS_SCOPES)[number];

/** What somebody was granted. */
export interface Grant {
  /** What the operator calls the token, for the log. */
  readonly name?: string | undefined;
  readonly scope: AccessScope;
  /** The names that it may see; all if absent. */
  readonly collections?: ReadonlySet<string> | undefined;
  /** Why it has no more, and what gives more, in a sentence. */
  readonly remedy: string;
}

/** The collections as one client has them: the only way that leads to them from the API. */
export class PermittedCollections {
  readonly #collections: Collections;
  readonly #grant: Grant;

  constructor(collections: Collections, grant: Grant) {
    this.#collections = collections;
    this.#grant = grant;
  }

  get stores(): Collections['stores'] {
    return this.#collections.stores;
  }

  /** @throws STORE_UNAVAILABLE */
  async list(): Promise<Collection[]> {
    return (await this.#collections.list()).filter(({ name }) => this.#isVisible(name));
  }

  /**
   * @param scope that is needed for what is to be done with it
   * @throws COLLECTION_NOT_FOUND, also for one that is there and may not be seen; FORBIDDEN, STORE_UNAVAILABLE
   */
  get(name: string, scope: AccessScope): Promise<Collection> {
    // What may not be seen is not there, in the very words.
    if (!this.#isVisible(name)) return this.#collections.get('');
    this.#check(scope);
    return this.#collections.get(name);
  }

  /** @throws FORBIDDEN; what creating throws */
  async create(input: NewCollection): Promise<Collection> {
    this.#check('admin');
    if (!this.#isVisible(input.name)) {
      const message =
        'The token may not see a collection of this name: it can create those of its list alone.';
      throw new ClipgraphError('FORBIDDEN', message);
    }
    return this.#collections.create(input);
  }

  /** @throws FORBIDDEN, STORE_UNAVAILABLE */
  async delete(name: string): Promise<boolean> {
    this.#check('admin');
    return this.#isVisible(name) && this.#collections.delete(name);
  }

  /** @throws COLLECTION_NOT_FOUND, FORBIDDEN; what making it anew throws */
  async reindex(
    name: string,
    options: ReindexOptions,
    scope: RequestScope,
  ): Promise<AsyncIterableIterator<ReindexProgress, undefined>> {
    await this.get(name, 'admin');
    return this.#collections.reindex(name, options, scope);
  }

  #isVisible(name: string): boolean {
    const { collections } = this.#grant;
    return collections === undefined || collections.has(name);
  }

  #check(needed: AccessScope): void {
    const { scope, remedy } = this.#grant;
    if (ACCESS_SCOPES.indexOf(scope) >= ACCESS_SCOPES.indexOf(needed)) return;
    throw new ClipgraphError('FORBIDDEN', `This needs the scope ${needed}. ${remedy}`);
  }
}
