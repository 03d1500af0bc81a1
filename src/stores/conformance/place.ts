import { loadPlugin } from '../../plugins/loader.js';
import { check } from '../../runtime/conformance/checks.js';
import type { CollectionSpec, StoredCollection, StorePlugin } from '../contract.js';

/** Somewhere that a store can keep collections, with nothing in it. */
export interface StorePlace {
  /** Of the plugin, to get there; plain data, as other processes are given it too. */
  readonly options: Readonly<Record<string, unknown>>;
  remove(): Promise<void>;
}

/** The plugin that is to be tested. */
export interface StoreConformanceSubject {
  /** The name that the plugin must give itself. */
  readonly name: string;
  /** Its module: a path, a file URL or the name of a package, as seen from the working directory. */
  readonly module: string;
  /** Makes a place of its own for each test. */
  readonly place: () => Promise<StorePlace>;
  /** How many processes are killed while they write. Default 3. */
  readonly kills?: number;
}

/** Of what is not large: enough for three of the kernels' steps, and quickly compared with a plain loop. */
export const DIMENSIONS = 24;

export function specOf(name: string, given: Partial<CollectionSpec> = {}): CollectionSpec {
  return {
    name,
    description: null,
    space: { checksum: 'c'.repeat(64), dtype: 'fp32', dimensions: DIMENSIONS },
    model: 'conformance',
    thumbnails: true,
    keepText: true,
    keepOriginals: true,
    createdAt: 1_700_000_000_000,
    ...given,
  };
}

/** What a test is given: one open store, and a way to more that lead to the same place. */
export interface Setting {
  readonly subject: StoreConformanceSubject;
  readonly options: StorePlace['options'];
  readonly store: StorePlugin;
  /** Another plugin, as another server has it. */
  readonly another: () => Promise<StorePlugin>;
  /** A collection that is made anew, and opened. */
  readonly collection: (name?: string, given?: Partial<CollectionSpec>) => Promise<StoredCollection>;
}

/** Makes the plugin as the server does. */
export async function makeStore(
  { name, module: specifier }: Pick<StoreConformanceSubject, 'name' | 'module'>,
  options: StorePlace['options'],
): Promise<StorePlugin> {
  const definition = await loadPlugin({ specifier, from: process.cwd() });
  check(
    definition.kind === 'store' && definition.name === name,
    () => `its module defines the ${definition.kind} ${definition.name}, not the store ${name}`,
  );
  return definition.create(options) as StorePlugin;
}

/** Runs a test in a place of its own, and closes what it opened. */
export async function inSetting(
  subject: StoreConformanceSubject,
  work: (setting: Setting) => Promise<void>,
): Promise<void> {
  const place = await subject.place();
  const stores: StorePlugin[] = [];
  const another = async (): Promise<StorePlugin> => {
    const store = await makeStore(subject, place.options);
    stores.push(store);
    return store;
  };
  try {
    const store = await another();
    const collection: Setting['collection'] = async (name = 'things', given = {}) => {
      await store.create(specOf(name, given));
      return store.open(name);
    };
    await work({ subject, options: place.options, store, another, collection });
  } finally {
    await Promise.all(stores.map((store) => store.close()));
    await place.remove();
  }
}
