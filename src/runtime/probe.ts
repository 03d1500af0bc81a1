import { ClipgraphError, withoutPaths } from '../errors/index.js';
import { WorkerLost } from '../isolation/remote.js';
import type { Probe, RuntimeInfo } from './contract.js';

const PRECISIONS: readonly unknown[] = [undefined, 'tf32', 'fp16'];
/** Of the fields of `graphs`. */
const FORMS: Readonly<Record<string, string>> = { precision: 'fp16', attention: 'fused', bias: 'joined' };

function isForm(graphs: unknown): boolean {
  if (graphs === undefined) return true;
  if (typeof graphs !== 'object' || graphs === null) return false;
  return Object.entries(graphs).every(([name, form]) => form === undefined || FORMS[name] === form);
}

/** What a runtime must say of itself to be believed. */
function isInfo(info: unknown): info is RuntimeInfo {
  const { device, library, version, threads, maxBatch, maxInFlight, precision, graphs } = (info ??
    {}) as Partial<RuntimeInfo>;
  const counts = [threads, maxBatch, maxInFlight];
  return (
    [device, library, version].every((text) => typeof text === 'string') &&
    counts.every((count) => typeof count === 'number' && Number.isInteger(count) && count >= 1) &&
    PRECISIONS.includes(precision) &&
    isForm(graphs)
  );
}

function remedyFor(name: string): string {
  return `Correct the plugin ${name}, or its options under runtimes.${name}.`;
}

/**
 * What a plugin's probe returned, if it is a probe. Its sentences are a stranger's: clients get them without folders, and the
 * whole is kept in `detail`.
 */
export function readProbe(name: string, returned: unknown): Probe {
  const probe = (returned ?? {}) as { ready?: unknown; info?: unknown; reason?: unknown; remedy?: unknown };
  if (probe.ready === true && isInfo(probe.info)) return { ready: true, info: probe.info };
  if (probe.ready !== false) {
    const reason = 'Its probe returned something that is no probe.';
    return { ready: false, reason, remedy: remedyFor(name) };
  }
  const sentence = (text: unknown, otherwise: string): string =>
    typeof text === 'string' && text !== '' ? text : otherwise;
  const said = sentence(probe.reason, 'It does not say why.');
  const advised = sentence(probe.remedy, remedyFor(name));
  const [reason, remedy] = [withoutPaths(said), withoutPaths(advised)];
  const isWhole = reason === said && remedy === advised;
  return { ready: false, reason, remedy, ...(!isWhole && { detail: `${said} ${advised}` }) };
}

/** For a plugin that could not be loaded, or whose probe crashed or threw: what it said is for the operator alone. */
export function refusedProbe(name: string, error: unknown): Probe {
  const remedy = remedyFor(name);
  if (error instanceof WorkerLost) {
    const printed = error.output.length === 0 ? '' : ` It printed: ${error.output.join(' | ')}`;
    const detail = `${error.message}${printed}`;
    return { ready: false, reason: error.message, remedy: error.remedy ?? remedy, detail };
  }
  const detail = error instanceof Error ? error.message : String(error);
  const reason =
    error instanceof ClipgraphError
      ? withoutPaths(error.message)
      : 'It failed when it was loaded or asked whether it can run; the log has the error.';
  return { ready: false, reason, remedy, detail };
}
