import {
  multipartRequest,
  jsonRequest,
  pictureRequest,
  documentRequest,
  type Sent,
} from '../../test/fuzz/bodies.js';
import { sendHttp } from '../../test/fuzz/http.js';
import { randomOf } from '../../test/fuzz/random.js';

/** Longer than the server's own limit for a request. */
export const PATIENCE_MS = 90_000;
const QUERY = 'query ($input: ContentInput!) { embed(input: $input) { vectorBase64 } }';
const EXAMPLES = ['dog', 'cat', 'coffee', 'rocket', 'apple'];
/** How far a component may be from the one that was computed alone: batches add in another order. */
const TOLERANCE = 1e-5;
/** What a good request may end in when there is more to do than can be done, or when a worker is killed twice. */
const REFUSALS: ReadonlySet<string> = new Set(['OVERLOADED', 'TIMEOUT', 'RUNTIME_UNAVAILABLE']);

export type Outcome = 'right' | 'refused' | 'bad' | 'left' | 'unanswered' | 'wrong';

/** Seven texts of different lengths for each picture. */
function content(i: number): object {
  if (i % 8 === 0) return { image: { example: EXAMPLES[(i / 8) % EXAMPLES.length] } };
  return { text: `question ${i} ${'with more words '.repeat(i % 5)}` };
}

function headers(token: string): Record<string, string> {
  return { 'content-type': 'application/json', authorization: `Bearer ${token}` };
}

/** A question by its number. */
export function question(i: number, token: string): Sent & { readonly body: Buffer } {
  return {
    headers: headers(token),
    body: Buffer.from(JSON.stringify({ query: QUERY, variables: { input: content(i) } })),
  };
}

/** What one client asks for at once that wants everything for itself. */
export function flood(round: number, token: string): Sent {
  const inputs = Array.from({ length: 200 }, (_, i) => ({ text: `flood ${round} ${i}` }));
  const query = 'query ($inputs: [ContentInput!]!) { embedBatch(inputs: $inputs) { __typename } }';
  return { headers: headers(token), body: Buffer.from(JSON.stringify({ query, variables: { inputs } })) };
}

const BAD = [multipartRequest, jsonRequest, pictureRequest, documentRequest];

/** Input of the fuzzer's. */
export function badRequest(i: number, token: string): Sent {
  const random = randomOf(5, i);
  const sent = random.pick(BAD)(random);
  return { ...sent, headers: { ...sent.headers, authorization: `Bearer ${token}` } };
}

function vectorIn(text: string): Float32Array | undefined {
  const base64 = /"vectorBase64":"([^"]+)"/.exec(text)?.[1];
  return base64 === undefined
    ? undefined
    : new Float32Array(Uint8Array.from(Buffer.from(base64, 'base64')).buffer);
}

/** Questions and the answers that were given before there was any load. */
export class Questions {
  readonly #url: string;
  readonly #token: string;
  readonly #expected: readonly Float32Array[];
  /** The first answers that were not as they should be. */
  readonly complaints: string[] = [];

  private constructor(url: string, token: string, expected: readonly Float32Array[]) {
    this.#url = url;
    this.#token = token;
    this.#expected = expected;
  }

  /** Asks each question alone. */
  static async answered(url: string, token: string, count: number): Promise<Questions> {
    const expected: Float32Array[] = [];
    for (let i = 0; i < count; i++) {
      const { text } = await sendHttp(url, question(i, token), PATIENCE_MS);
      const vector = vectorIn(text);
      if (vector === undefined) throw new Error(`No answer before the load: ${text}`);
      expected.push(vector);
    }
    return new Questions(url, token, expected);
  }

  /** Asks question `i`, of as many as there are, and compares. */
  async ask(i: number): Promise<Outcome> {
    const number = i % this.#expected.length;
    const { end, text, status } = await sendHttp(this.#url, question(number, this.#token), PATIENCE_MS);
    if (end !== 'answered') return this.#complain('unanswered', i, text);
    const vector = vectorIn(text);
    if (vector !== undefined) {
      const expected = this.#expected[number];
      const isRight =
        vector.length === expected.length && vector.every((x, j) => Math.abs(x - expected[j]) <= TOLERANCE);
      return isRight ? 'right' : this.#complain('wrong', i, text);
    }
    const code = /"code":"([A-Z_]+)"/.exec(text)?.[1] ?? '';
    return REFUSALS.has(code) ? 'refused' : this.#complain('wrong', i, `${String(status)} ${text}`);
  }

  /** Sends bad input, or leaves in the middle of a question. */
  async misbehave(i: number, leaves: boolean): Promise<Outcome> {
    const asked = question(i % this.#expected.length, this.#token);
    const sent = leaves ? { ...asked, leavesAfter: i % asked.body.length } : badRequest(i, this.#token);
    const { end, text } = await sendHttp(this.#url, sent, PATIENCE_MS);
    if (leaves) return 'left';
    if (end !== 'answered') return this.#complain('unanswered', i, text);
    return text.includes('"code":"INTERNAL_SERVER_ERROR"') ? this.#complain('wrong', i, text) : 'bad';
  }

  #complain(outcome: Outcome, i: number, text: string): Outcome {
    if (this.complaints.length < 20) this.complaints.push(`${outcome}: request ${i}: ${text.slice(0, 300)}`);
    return outcome;
  }
}
