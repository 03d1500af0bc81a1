import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { FolderReport } from '../../src/cli/indexing/index-folder.js';

const ROOT = path.join(__dirname, '..', '..');
export const MAIN = path.join(ROOT, 'dist', 'src', 'cli', 'main.js');

/** The program with a data folder that nobody else has. */
export class CommandLine {
  readonly dataHome = mkdtempSync(path.join(tmpdir(), 'clipgraph-data-'));

  /** @param environment variables beside those of this process */
  constructor(private readonly environment: Readonly<Record<string, string>> = {}) {}

  get #environment() {
    return { ...process.env, ...this.environment, XDG_DATA_HOME: this.dataHome };
  }

  run(...args: readonly string[]) {
    return this.runBehind([], ...args);
  }

  /** @param prefix what the program is started by */
  runBehind(prefix: readonly string[], ...args: readonly string[]) {
    const [command, ...rest] = [...prefix, process.execPath, MAIN, ...args];
    const { status, stdout, stderr } = spawnSync(command, rest, {
      cwd: ROOT,
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
      env: this.#environment,
    });
    return { status, stdout, stderr };
  }

  /** What it prints as JSON; `Value` is what the test expects of it. */
  json<Value>(...args: readonly string[]): Value {
    const { status, stdout, stderr } = this.run(...args, '--json');
    if (stdout === '') throw new Error(`It printed nothing and ended with ${status}: ${stderr}`);
    return JSON.parse(stdout) as Value;
  }

  start(...args: readonly string[]): ChildProcess {
    return spawn(process.execPath, [MAIN, ...args], { cwd: ROOT, env: this.#environment, stdio: 'ignore' });
  }

  /** Where the store is that the program uses. */
  get storePath(): string {
    return path.join(this.dataHome, 'clipgraph');
  }
}

export interface IndexReport {
  readonly collection: string;
  readonly count: number;
  readonly folders: readonly FolderReport[];
}

export interface SearchResult {
  readonly hits: readonly {
    readonly item: { readonly id: string; readonly source: string; readonly metadata: object };
    readonly cosine: number;
    readonly path?: string;
  }[];
  readonly isExact: boolean;
  readonly searched: number;
}

/** The counts that are not 0 of a folder's report. */
export function touched(report: FolderReport): Record<string, number> {
  const { added, changed, moved, unchanged, removed, kept } = report;
  const all = { added, changed, moved, unchanged, removed, kept };
  return Object.fromEntries(Object.entries(all).filter(([, count]) => count > 0));
}
