import { ClipgraphError } from '../../errors/index.js';
import { TemporaryError } from './patience.js';
import type { Response } from './request.js';
import type { HubSettings } from './settings.js';

const RETRIED = new Set([408, 429, 500, 502, 503, 504]);

/** What was asked for. */
export interface Asked {
  readonly id: string;
  readonly revision: string;
  readonly file?: string;
}

/** Seconds, or a date. */
function retryAfter(header: string | null): number | undefined {
  if (header === null) return undefined;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}

function unavailable(message: string): ClipgraphError {
  return new ClipgraphError('MODEL_UNAVAILABLE', message);
}

/**
 * What the hub's status means for whoever asked.
 *
 * @throws MODEL_NOT_FOUND, MODEL_UNAVAILABLE with what to do; a temporary error for what may pass
 */
export function checkAnswer(
  { ok, status, headers }: Response,
  { id, revision, file }: Asked,
  { endpoint, authorization }: HubSettings,
): void {
  if (ok || (status >= 300 && status < 400)) return;
  if (RETRIED.has(status)) {
    throw new TemporaryError(`it answers ${status}`, retryAfter(headers.get('retry-after')));
  }
  const code = headers.get('x-error-code');
  const request = headers.get('x-request-id');
  const host = new URL(endpoint).host;
  const isKnown = authorization !== undefined;
  if (code === 'GatedRepo' || (status === 403 && code === null)) {
    throw unavailable(
      `The model ${id} is gated: its terms have to be accepted at ${endpoint}/${id}` +
        (isKnown ? ' by the account of HF_TOKEN.' : ', and HF_TOKEN set to a token of that account.'),
    );
  }
  if (code === 'RevisionNotFound') {
    throw new ClipgraphError('MODEL_NOT_FOUND', `The model ${id} has no revision "${revision}".`);
  }
  if (code === 'EntryNotFound' || (status === 404 && file !== undefined && code === null)) {
    throw unavailable(`The model ${id} has no file ${file ?? ''}.`);
  }
  if (status === 401 && isKnown && code === null) {
    throw unavailable(
      `${host} does not accept the token of HF_TOKEN, or the credentials of HF_ENDPOINT (401). Set others, or unset them.`,
    );
  }
  if (status === 401 || status === 403 || status === 404) {
    const hint = isKnown
      ? ', and that the account of HF_TOKEN may read it.'
      : '; for a private one, set HF_TOKEN.';
    const message = `There is no model ${id} on ${host}, or it is private. Check the name${hint}`;
    throw new ClipgraphError('MODEL_NOT_FOUND', message);
  }
  const named = request === null || !/^[\w.:;-]{1,100}$/.test(request) ? '' : ` (request ${request})`;
  throw unavailable(`${host} answers ${status}${named} when it is asked for the model ${id}.`);
}
