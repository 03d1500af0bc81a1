import { ClipgraphError } from '../errors/index.js';
import type { TowerSource } from './contract.js';

/** As C++, ONNX Runtime's arenas, WebAssembly and V8 say that there is no memory left. */
const OUT_OF_MEMORY =
  /out of memory|bad[_ ]alloc|Failed to allocate memory|BFCArena|ENOMEM|(Array buffer|Invalid typed array) (allocation failed|length)|could not allocate memory/i;
const NOT_PERMITTED = /\b(EACCES|EPERM)\b|permission denied|errcode = 13\b/i;
const TOO_MANY_FILES = /\bEMFILE\b|too many open files|errcode = 24\b/i;

/** Whether foreign code failed because there was no memory left: then nothing is wrong with what it was given. */
export function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && OUT_OF_MEMORY.test(`${error.name}: ${error.message}`);
}

const ROOM = 'End what else uses it, or let workers hold fewer towers (memory.maxModelBytes).';

/** What was asked for last, where the error says that: `; 64 MB more were asked for`. */
function wantedBy(cause: unknown): string {
  const bytes = /requested buffer of size (\d+)/.exec(cause instanceof Error ? cause.message : '')?.at(1);
  return bytes === undefined ? '' : `; ${Math.ceil(Number(bytes) / 2 ** 20)} MB more were asked for`;
}

/** Why a batch could not be run, where that was for want of memory; what was thrown otherwise. */
export function explainRunFailure(cause: unknown, { kind, manifest }: TowerSource, size: number): unknown {
  if (cause instanceof ClipgraphError || !isOutOfMemory(cause)) return cause;
  const contents = size === 1 ? `one ${kind}` : `${size} ${kind}s`;
  const sentence = `There is not enough memory to run ${contents} through ${manifest.model}${wantedBy(cause)}. ${ROOM}`;
  return new ClipgraphError('OUT_OF_MEMORY', sentence, { cause });
}

/** Why a tower could not be opened, as a sentence with a remedy. What the plugin threw stays the cause. */
export function explainOpenFailure(
  cause: unknown,
  { kind, manifest, bytes = 0 }: TowerSource,
): ClipgraphError {
  if (cause instanceof ClipgraphError) return cause;
  const tower = `The ${kind} tower of ${manifest.model}`;
  const message = cause instanceof Error ? cause.message : String(cause);
  if (isOutOfMemory(cause)) {
    const weights = bytes === 0 ? '' : ` for its ${Math.ceil(bytes / 2 ** 20)} MB of weights`;
    const sentence = `${tower} cannot be opened: there is not enough memory${weights}${wantedBy(cause)}. ${ROOM}`;
    return new ClipgraphError('OUT_OF_MEMORY', sentence, { cause });
  }
  const [reason, remedy] = NOT_PERMITTED.test(message)
    ? ['the server may not read its files', 'Let the user that the server runs as read them.']
    : TOO_MANY_FILES.test(message)
      ? ['the server has too many files open', 'Raise the limit of open files (ulimit -n).']
      : ['its graph is damaged, or uses what the runtime does not know', ''];
  const sentence = `${tower} cannot be opened: ${reason}. ${remedy}`.trim();
  return new ClipgraphError('MODEL_UNAVAILABLE', sentence, { cause });
}
