import type net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { anyValue } from './contents.js';
import { operation } from './documents.js';
import type { Reply } from './http.js';
import { damage, type Random } from './random.js';

type Step = (socket: WebSocket) => void;

/** What a client is going to send, one after the other. */
interface Plan {
  readonly steps: readonly Step[];
  /** Operations that the server has to end. */
  readonly asked: ReadonlySet<string>;
  /** Whether bytes were sent that may be the beginning of a frame: the server waits for the rest. */
  readonly isCut: boolean;
}

const say = (message: unknown): Step => {
  const text = JSON.stringify(message);
  return (socket) => {
    socket.send(text);
  };
};

function plan(random: Random): Plan {
  const asked = new Set<string>();
  let isCut = false;
  const subscribe = (): Step => {
    const id = random.chance(0.95) ? String(asked.size) : '0';
    asked.add(id);
    return say({
      id,
      type: 'subscribe',
      payload: operation(random, random.pick(['query', 'mutation', 'subscription', 'subscription'])),
    });
  };
  const complete = (): Step => {
    const id = String(random.below(4));
    asked.delete(id);
    return say({ id, type: 'complete' });
  };
  const garbage = (): Step => {
    const text = JSON.stringify({ id: 'x', type: 'subscribe', payload: operation(random) });
    const bytes = damage(Buffer.from(text), random);
    const binary = random.chance(0.3);
    return (socket) => {
      socket.send(bytes, { binary });
    };
  };
  const long = (): Step => {
    const size = random.pick([0, 200, 20_000, 2_000_000]);
    return (socket) => {
      socket.send('x'.repeat(size));
    };
  };
  const raw = (): Step => {
    isCut = true;
    const bytes = Buffer.from([0x81, 0xfe, 0xff, 0xff, 0xc1, 0x88].slice(random.below(6)));
    return (socket) => {
      (socket as unknown as { _socket: net.Socket })._socket.write(bytes);
    };
  };
  const one = (): Step => {
    switch (random.below(12)) {
      case 0:
        return say({ type: random.pick(['ping', 'pong']), payload: anyValue(random) });
      case 1:
        return complete();
      case 2:
        return say({
          type: random.pick(['connection_ack', 'next', 'error', 'nothing', '__proto__']),
          id: '1',
        });
      case 3:
        return say(anyValue(random));
      case 4:
        return garbage();
      case 5:
        return long();
      case 6:
        return raw();
      default:
        return subscribe();
    }
  };
  const payload = random.chance(0.2) ? anyValue(random) : undefined;
  const steps = Array.from({ length: random.below(6) }, one);
  if (random.chance(0.9)) steps.unshift(say({ type: 'connection_init', payload }));
  else asked.clear(); // Nothing is promised to who has not said who they are.
  return { steps, asked, isCut };
}

/** Talks as a client might, and waits until the server has ended every operation that it was asked for, or the connection. */
export async function talkOverSocket(url: string, random: Random, limitMs: number): Promise<Reply> {
  const { steps, asked, isCut } = plan(random);
  const leaves = random.chance(0.15) || (isCut && random.chance(0.9));
  const pauses = steps.map(() => (random.chance(0.5) ? random.below(30) : 0));
  const code = random.pick([1000, 1000, 1001, 3000, 4499]);
  const protocol = random.chance(0.95) ? 'graphql-transport-ws' : random.pick(['graphql-ws', 'chat']);

  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, protocol);
  const said: string[] = [];
  const open = new Set(asked);
  const closed = new Promise<void>((resolve) => {
    socket.on('close', (code, reason) => {
      said.push(`closed with ${code}: ${String(reason)}`);
      resolve();
    });
  });
  socket.on('error', (error) => said.push(error.message));
  let answered: () => void;
  const allAnswered = new Promise<void>((resolve) => (answered = resolve));
  if (open.size === 0) answered!();
  socket.on('message', (data: Buffer) => {
    const text = String(data);
    said.push(text);
    const { type, id } = JSON.parse(text) as { type: string; id?: string };
    if (id !== undefined && (type === 'complete' || type === 'error')) open.delete(id);
    if (open.size === 0) answered();
  });

  const over = new AbortController();
  const late = delay(limitMs, 'late', { signal: over.signal }).catch(() => 'late');
  const outcome = async (): Promise<Reply['end']> => {
    const opened = new Promise<void>((resolve) => socket.once('open', resolve));
    if ((await Promise.race([opened, closed, late])) === 'late') return 'unanswered';
    for (const [i, step] of steps.entries()) {
      if (socket.readyState !== socket.OPEN) break;
      step(socket);
      await delay(pauses[i]);
    }
    if (leaves) return 'left';
    if ((await Promise.race([allAnswered, closed, late])) === 'late') return 'unanswered';
    if (socket.readyState === socket.OPEN) socket.close(code);
    return (await Promise.race([closed, late])) === 'late' ? 'unanswered' : 'closed';
  };
  const end = await outcome();
  over.abort();
  socket.terminate();
  const left = [...open].join(', ');
  return { end, text: said.join('\n') + (end === 'unanswered' ? `\nnot ended: ${left}` : '') };
}
