import type { Client } from './fair-queue.js';
import type { WaitingQueue } from './waiting.js';

/** A queue, whatever waits in it. */
type Queue = Pick<WaitingQueue<unknown, unknown>, 'size' | 'counts' | 'refuseNewest'>;

/** How much waits of each client, in all the queues. */
function countClients(queues: readonly Queue[]): Map<Client, number> {
  const counts = new Map<Client, number>();
  for (const queue of queues) {
    for (const [client, count] of queue.counts()) counts.set(client, (counts.get(client) ?? 0) + count);
  }
  return counts;
}

/**
 * Sees to it that there is room for one more of this client's. While all is full, whoever has the most waiting is refused:
 * where that is another client, the newest work of that one makes room.
 *
 * @param queues that share the room
 * @throws the refusal, where nobody has more waiting than this client would have
 */
export function makeRoom(
  queues: readonly Queue[],
  client: Client,
  maxWaiting: number,
  refusal: (waiting: number) => Error,
): void {
  const waiting = queues.reduce((sum, { size }) => sum + size, 0);
  if (waiting < maxWaiting) return;
  const counts = countClients(queues);
  const [largest, most] = [...counts].reduce((a, b) => (b[1] > a[1] ? b : a));
  if (most <= (counts.get(client) ?? 0) + 1) throw refusal(waiting);
  const [fullest] = queues
    .map((queue) => ({ queue, count: new Map(queue.counts()).get(largest) ?? 0 }))
    .sort((a, b) => b.count - a.count);
  fullest.queue.refuseNewest(largest, refusal(waiting));
}
