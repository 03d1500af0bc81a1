interface StartFailure {
  /** A sentence's end: `could not be started: …`. */
  readonly reason: string;
  /** What the operator can do; undefined where the system says nothing of its limits. */
  readonly remedy: string | undefined;
}

/** What the system has too little of when it starts no program. Source: errno(3), fork(2), pthread_create(3). */
const LIMITS: Readonly<Partial<Record<string, readonly [why: string, remedy: string]>>> = {
  EMFILE: [
    'this program has too many files open',
    'Raise its limit of open files (ulimit -n, LimitNOFILE): 64 are few, 1024 are plenty.',
  ],
  ENFILE: ['this machine has too many files open', 'Raise its limit (fs.file-max), or end what holds them.'],
  EAGAIN: [
    'this account or container has too many processes and threads',
    'Raise their limit (ulimit -u, TasksMax, pids.max).',
  ],
  ENOMEM: ['there is not enough memory', 'End what else uses it, or give the machine or the container more.'],
};

/** The system's own code for why there is no program, `EMFILE`; as Node.js gives it, or as V8 and libuv write it. */
function errnoOf(cause: unknown): string {
  const { code, message = '' } = cause as { readonly code?: unknown; readonly message?: string };
  const named = /\b(EMFILE|ENFILE|EAGAIN|ENOMEM)\b/.exec(`${String(code)} ${message}`)?.[0];
  return named ?? (code === 'ERR_WORKER_OUT_OF_MEMORY' || code === 'ERR_WORKER_INIT_FAILED' ? 'ENOMEM' : '');
}

/**
 * Why a process or a thread was not started: limits of the machine or the account are called by their names, since nothing
 * is wrong with the program then.
 */
export function startFailure(cause: unknown): StartFailure {
  const [why, remedy] = LIMITS[errnoOf(cause)] ?? [];
  return { reason: why === undefined ? 'could not be started' : `could not be started: ${why}`, remedy };
}
