import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { threadId } from 'node:worker_threads';
import { isBusy, pause, type Database } from './database.js';
import { packedFileOf } from './files.js';
import type { LoadedVectors } from './loaded-vectors.js';
import { writePacked } from './packed-file.js';
import type { OpenFiles } from './open-files.js';
import { readState } from './state.js';
import { inTurns, type Steps } from './steps.js';

/** Below so many items loading takes no time worth a file. */
const LEAST_ROWS = 20_000;
/** Of the blocks, how many may have been read from the collection's file before the packed ones are kept anew. */
const MOST_READ = 0.1;
/** Of the time, at most this share goes into keeping. */
const SHARE = 0.01;
/** Of the disk's room, what such a file may take. */
const SHARE_OF_ROOM = 0.1;
const TRIES = 200;
const RETRY_MS = 5;
/** What a process that was killed had begun to write is taken away after this. */
const STALE_MS = 3_600_000;

interface Saving {
  readonly vectors: LoadedVectors;
  readonly steps: Steps<void>;
  readonly draft: string;
  readonly file: string;
  /** The change up to which everything was in the memory when it began. */
  readonly seq: number;
}

/** Takes drafts away that nobody writes any more. */
function clear(file: string): void {
  const start = `${path.basename(packedFileOf(file))}.`;
  for (const name of fs.readdirSync(path.dirname(file)).filter((each) => each.startsWith(start))) {
    const draft = path.join(path.dirname(file), name);
    const { mtimeMs } = fs.statSync(draft);
    if (Date.now() - mtimeMs > STALE_MS) fs.rmSync(draft, { force: true });
  }
}

function hasRoom(file: string, bytes: number): boolean {
  const { bavail, bsize } = fs.statfsSync(path.dirname(file));
  return bytes <= bavail * bsize * SHARE_OF_ROOM;
}

/** Keeps packed vectors in files, so that who opens the collection next has to read a quarter as much, and to pack nothing. */
export class KeepPacked {
  readonly #savings = new Map<string, Saving>();
  readonly #notBefore = new Map<string, number>();

  constructor(private readonly files: OpenFiles) {}

  /** Begins to write where that is worth it; beside what else is asked. */
  consider(key: string, vectors: LoadedVectors, blockRows: number): void {
    try {
      if (!this.#isWorth(key, vectors, blockRows)) return;
      const saving = this.#begin(key, vectors, blockRows);
      this.#savings.set(key, saving);
      void this.#run(key, saving);
    } catch {
      this.#notBefore.set(key, Infinity); // The folder cannot be written: it goes without.
    }
  }

  #isWorth(key: string, vectors: LoadedVectors, blockRows: number): boolean {
    if (!vectors.isKeepable || vectors.index.rows.size < LEAST_ROWS || this.#savings.has(key)) return false;
    if (performance.now() < (this.#notBefore.get(key) ?? 0)) return false;
    const file = this.files.fileOf(key);
    const most = MOST_READ * (vectors.index.length / blockRows);
    return vectors.readBlocks > most || !fs.existsSync(packedFileOf(file));
  }

  #begin(key: string, vectors: LoadedVectors, blockRows: number): Saving {
    const file = this.files.fileOf(key);
    clear(file);
    if (!hasRoom(file, vectors.index.bytes)) throw new Error('There is no room for packed vectors.');
    const draft = `${packedFileOf(file)}.${process.pid}-${threadId}`;
    fs.rmSync(draft, { force: true });
    vectors.readBlocks = 0;
    const packed = { index: vectors.index, blockRows, marks: () => vectors.marks };
    return { vectors, steps: writePacked(draft, packed), draft, file, seq: vectors.seq };
  }

  async #run(key: string, saving: Saving): Promise<void> {
    const from = performance.now();
    try {
      await inTurns(this.#whileWanted(key, saving), new AbortController().signal, () => true);
      for (let tries = 0; tries < TRIES && this.#savings.get(key) === saving; tries++) {
        if (this.#putInPlace(key, saving)) break;
        await delay(RETRY_MS);
      }
    } catch {
      // A full disk, or a collection that is gone: it goes without.
    }
    if (this.#savings.get(key) !== saving) return;
    this.#leave(key, saving);
    this.#notBefore.set(key, performance.now() + (performance.now() - from) / SHARE);
  }

  /** Ends when the collection is let go. */
  *#whileWanted(key: string, saving: Saving): Steps<void> {
    for (const step of saving.steps) {
      if (this.#savings.get(key) !== saving) return;
      yield step;
    }
  }

  /**
   * While nobody can write: what was taken away since is in no file.
   *
   * @returns false where somebody writes just now
   */
  #putInPlace(key: string, { draft, file, seq }: Saving): boolean {
    let database: Database | undefined;
    try {
      database = this.files.open(key);
      database.exec('begin immediate');
      if ((readState(database).takenAt ?? 0) <= seq) fs.renameSync(draft, packedFileOf(file));
      return true;
    } catch (error) {
      if (!isBusy(error)) throw error;
      return false;
    } finally {
      database?.close();
    }
  }

  #leave(key: string, { draft }: Saving): void {
    this.#savings.delete(key);
    fs.rmSync(draft, { force: true });
  }

  /** Of a collection that is let go, or that goes out of the memory. */
  drop(key: string): void {
    const saving = this.#savings.get(key);
    if (saving !== undefined) this.#leave(key, saving);
    this.#notBefore.delete(key);
  }

  /** Finishes what has begun: who comes next has the use of it. */
  close(): void {
    for (const [key, saving] of this.#savings) {
      try {
        while (saving.steps.next().done !== true);
        for (let tries = 0; tries < TRIES; tries++) {
          if (this.#putInPlace(key, saving)) break;
          pause(RETRY_MS);
        }
      } catch {
        // It goes without.
      }
      this.#leave(key, saving);
    }
  }
}
