import { existsSync } from 'node:fs';
import { copyFile, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { randomUUID } from 'node:crypto';
import { ClipgraphError } from '../../errors/index.js';
import { makeFolder } from '../files/make-folder.js';

const COMMIT = /^[0-9a-f]{40}$/;
const PREFIX = 'models--';

/** A repository's name, as the hub allows it. */
const REPOSITORY = /^(?!.*(?:--|\.\.))[\w][\w.-]{0,95}(?:\/[\w][\w.-]{0,95})?$/;
/** A branch, a tag, a commit or refs/pr/N: a path that stays where it is. */
const REVISION = /^(?!.*(?:\.\.|\/\/))[\w][\w./-]{0,199}$/;

export function isRepositoryName(name: string): boolean {
  return REPOSITORY.test(name) && !/[.-]$/.test(name);
}

export function isRevision(name: string): boolean {
  return REVISION.test(name) && !name.endsWith('/');
}

/**
 * @throws MODEL_UNAVAILABLE for a path that would lead out of the snapshot
 */
function inside(folder: string, file: string): string {
  const isPlain = file
    .split('/')
    .every((part) => part !== '' && part !== '.' && part !== '..' && !/[\\:\0]/.test(part));
  if (isPlain) return path.join(folder, ...file.split('/'));
  throw new ClipgraphError(
    'MODEL_UNAVAILABLE',
    `The model lists a file with the path ${JSON.stringify(file)}.`,
  );
}

/** What the cache holds of one repository. */
export interface CachedRepository {
  readonly id: string;
  readonly revisions: readonly { readonly name: string; readonly commit: string }[];
  /** Of all blobs, unfinished ones too. */
  readonly bytes: number;
  readonly folder: string;
}

/** The folders of refs: Python's, which mean what the hub says; and beside them, which commit was taken instead. */
type RefKind = 'refs' | 'clipgraph';

/**
 * One repository in the cache that Python's `huggingface_hub` shares: `blobs/<etag>` hold the bytes, `refs/<revision>` the
 * commits, `snapshots/<commit>/` links by the files' names.
 */
export class RepositoryCache {
  readonly folder: string;
  readonly #lockFolder: string;

  constructor(cacheFolder: string, id: string) {
    const name = PREFIX + id.replaceAll('/', '--');
    this.folder = path.join(cacheFolder, name);
    this.#lockFolder = path.join(cacheFolder, '.locks', name);
  }

  /**
   * The commit that a revision stood for when it was last fetched.
   *
   * @param by what the hub said, or what was taken in its place
   */
  async commitOf(revision: string, by: RefKind = 'refs'): Promise<string | undefined> {
    const commit = COMMIT.test(revision) ? revision : await this.#readRef(revision, by);
    return commit !== undefined && COMMIT.test(commit) && existsSync(this.snapshot(commit))
      ? commit
      : undefined;
  }

  async #readRef(revision: string, by: RefKind): Promise<string | undefined> {
    try {
      return (await readFile(this.#refFile(revision, by), 'utf8')).trim();
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw cause;
    }
  }

  #refFile(revision: string, by: RefKind): string {
    return path.join(this.folder, by, ...revision.split('/'));
  }

  snapshot(commit: string): string {
    return path.join(this.folder, 'snapshots', commit);
  }

  blob(etag: string): string {
    return path.join(this.folder, 'blobs', etag);
  }

  async lockFile(etag: string): Promise<string> {
    await makeFolder(this.#lockFolder);
    return path.join(this.#lockFolder, `${etag}.clipgraph`);
  }

  /** Notes what a revision stands for. */
  async setRef(revision: string, commit: string, by: RefKind = 'refs'): Promise<void> {
    if (COMMIT.test(revision)) return;
    const file = this.#refFile(revision, by);
    await makeFolder(path.dirname(file));
    const temporary = `${file}.${randomUUID()}`;
    await writeFile(temporary, commit);
    await rename(temporary, file);
  }

  /** Gives a finished blob its name in a snapshot: a link, or a copy where links can't be made. */
  async link(commit: string, file: string, etag: string): Promise<void> {
    const target = inside(this.snapshot(commit), file);
    const blob = this.blob(etag);
    await makeFolder(path.dirname(target));
    // Under another name first, so that there is never a moment without the file.
    const temporary = `${target}.${randomUUID()}`;
    try {
      await symlink(path.relative(path.dirname(target), blob), temporary);
    } catch (cause) {
      if (!['EPERM', 'ENOSYS', 'EOPNOTSUPP'].includes((cause as NodeJS.ErrnoException).code ?? ''))
        throw cause;
      await copyFile(blob, temporary);
    }
    await rename(temporary, target);
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
    await rm(this.#lockFolder, { recursive: true, force: true });
  }
}

async function filesUnder(folder: string): Promise<string[]> {
  if (!existsSync(folder)) return [];
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
}

/** Every model repository in a cache, whoever wrote it. */
export async function cachedRepositories(cacheFolder: string | undefined): Promise<CachedRepository[]> {
  if (cacheFolder === undefined || !existsSync(cacheFolder)) return [];
  const names = (await readdir(cacheFolder)).filter((name) => name.startsWith(PREFIX)).sort();
  return Promise.all(
    names.map(async (name) => {
      const folder = path.join(cacheFolder, name);
      const refs = path.join(folder, 'refs');
      const revisions = await Promise.all(
        (await filesUnder(refs)).map(async (file) => ({
          name: path.relative(refs, file).split(path.sep).join('/'),
          commit: (await readFile(file, 'utf8')).trim(),
        })),
      );
      const sizes = await Promise.all(
        (await filesUnder(path.join(folder, 'blobs'))).map(async (file) => (await stat(file)).size),
      );
      const bytes = sizes.reduce((sum, size) => sum + size, 0);
      return { id: name.slice(PREFIX.length).replace('--', '/'), revisions, bytes, folder };
    }),
  );
}
