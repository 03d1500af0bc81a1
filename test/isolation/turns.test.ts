import { ownTurn, SharedTurns, slices } from '../../src/isolation/turns.js';

/** Counts the turns of the event loop. */
function countTurns(): { turn: number; stop(): void } {
  let isOver = false;
  const counter = {
    turn: 0,
    stop: () => {
      isOver = true;
    },
  };
  const next = (): void => {
    counter.turn++;
    if (!isOver) setImmediate(next);
  };
  setImmediate(next);
  return counter;
}

describe('turns of the event loop', () => {
  it('are not shared by those who want their own', async () => {
    const counter = countTurns();
    const turns = await Promise.all(Array.from({ length: 20 }, () => ownTurn().then(() => counter.turn)));
    counter.stop();
    expect(new Set(turns).size).toBe(20);
  });

  it('are shared up to so much work', async () => {
    const counter = countTurns();
    const one = { client: 'one', group: {} };
    const shared = new SharedTurns(10);
    const units = [4, 4, 4, 1, 25, 1, 9];
    const turns = await Promise.all(units.map((count) => shared.share(count, one).then(() => counter.turn)));
    const later = await shared.share(10, one).then(() => counter.turn);
    counter.stop();
    const [a, b, c, d, e, f, g] = turns;
    expect([b, d, g]).toEqual([a, c, f]);
    expect(new Set([a, c, e, f, later]).size).toBe(5);
  });

  it('are taken by clients in turn, and so are shares of them', async () => {
    const order: string[] = [];
    const of = (client: string) => ({ client, group: {} });
    const shared = new SharedTurns(2);
    const flood = Array.from({ length: 100 }, () =>
      ownTurn(of('flood')).then(() => order.push('turn of the flood')),
    );
    const shares = Array.from({ length: 100 }, () =>
      shared.share(1, of('flood')).then(() => order.push('share of the flood')),
    );
    const quiet = [
      ownTurn(of('quiet')).then(() => order.push('turn')),
      shared.share(1, of('quiet')).then(() => order.push('share')),
    ];
    await Promise.all(quiet);
    expect(order.length).toBeLessThan(10);
    await Promise.all([...flood, ...shares]);
    expect(order).toHaveLength(202);
  });

  it('come between the slices of long work', async () => {
    const counter = countTurns();
    const work = slices({ longestMs: 1 });
    for (let i = 0; i < 5; i++) {
      while (!work.isOver);
      await work.next();
    }
    counter.stop();
    expect(counter.turn).toBeGreaterThanOrEqual(5);
  });
});
