import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import type { ServerApart } from '../server-apart.js';
import {
  documentRequest,
  jsonRequest,
  multipartRequest,
  oddRequest,
  pictureRequest,
  type Sent,
} from './bodies.js';
import { sendHttp, type Reply } from './http.js';
import { withModelFolder } from './model-files.js';
import { randomOf, type Random } from './random.js';
import { talkOverSocket } from './sockets.js';

type Ask = (server: ServerApart, random: Random, limitMs: number) => Promise<Reply>;

const overHttp =
  (make: (random: Random) => Sent): Ask =>
  (server, random, limitMs) =>
    sendHttp(server.url, make(random), limitMs);

/** Kinds of requests, and how many of a hundred are of each. */
const KINDS: readonly (readonly [kind: string, share: number, ask: Ask])[] = [
  ['document', 27, overHttp(documentRequest)],
  ['json', 18, overHttp(jsonRequest)],
  ['picture', 20, overHttp(pictureRequest)],
  ['multipart', 12, overHttp(multipartRequest)],
  ['websocket', 12, ({ url }, random, limitMs) => talkOverSocket(url, random, limitMs)],
  ['odd', 6, overHttp(oddRequest)],
  [
    'model',
    5,
    async (server, random) => {
      const text = await withModelFolder(random, (folder) => server.open(folder));
      return { end: /^(read$|[A-Z_]+: )/.test(text) ? 'answered' : 'failed', text };
    },
  ],
];

export const KIND_NAMES = KINDS.map(([kind]) => kind);

/** What no client is told: paths of this machine, stacks, that something unexpected happened. */
const ROOT = path.join(__dirname, '..', '..');
const SECRETS = [ROOT, `${tmpdir()}/`, `${homedir()}/`, 'node_modules', '"code":"INTERNAL_SERVER_ERROR"'];
const STACK = /(?:\n|\\n)\s+at .{1,200}:\d+:\d+/;

export interface Asked extends Reply {
  readonly kind: string;
  readonly index: number;
  /** What the answer says that it should not. */
  readonly leak: string | undefined;
}

function leakOf({ status, text }: Reply): string | undefined {
  if (status === 500) return 'status 500';
  return SECRETS.find((secret) => text.includes(secret)) ?? STACK.exec(text)?.[0];
}

/** Makes request `index` of a run and sends it: the same bytes each time. */
export async function ask(server: ServerApart, seed: number, index: number, limitMs: number): Promise<Asked> {
  const random = randomOf(seed, index);
  let share = random.below(100);
  const [kind, , send] = KINDS.find(([, of]) => (share -= of) < 0) ?? KINDS[0];
  const reply = await send(server, random, limitMs).catch((error: unknown): Reply => ({
    end: 'failed',
    text: String(error),
  }));
  return { ...reply, kind, index, leak: kind === 'model' ? undefined : leakOf(reply) };
}
