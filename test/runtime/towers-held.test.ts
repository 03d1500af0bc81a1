import { setImmediate as nextTurn } from 'node:timers/promises';
import { towerSource } from '../../src/runtime/conformance/graphs.js';
import { TowersHeld } from '../../src/runtime/towers-held.js';

/** Towers that remember what happened to them. */
function create(maxBytes = Infinity, refusedMs = 1000) {
  const events: string[] = [];
  const towers = new TowersHeld({
    maxBytes,
    refusedMs,
    open: async ({ key }) => {
      await nextTurn();
      if (key.startsWith('bad')) {
        events.push(`refuse ${key}`);
        throw new Error('damaged');
      }
      events.push(`open ${key}`);
      return {
        close: async () => {
          await nextTurn();
          events.push(`close ${key}`);
        },
      };
    },
  });
  const use = (key: string, bytes = 10, work: () => Promise<unknown> = nextTurn) =>
    towers.use({ ...towerSource('text'), key, bytes }, work);
  return { towers, events, use };
}

describe('the towers that a worker holds', () => {
  it('are opened once, however many ask at once, also while another is closed to make room', async () => {
    const { events, use } = create(10);
    await use('a');
    await Promise.all(['b', 'b', 'b', 'b'].map((key) => use(key)));
    expect(events).toEqual(['open a', 'close a', 'open b']);
  });

  it('are closed in the order of their last use', async () => {
    const { towers, events, use } = create(30);
    for (const key of ['a', 'b', 'c', 'a', 'd']) await use(key);
    expect(events).toEqual(['open a', 'open b', 'open c', 'close b', 'open d']);
    expect(towers.keys).toEqual(['c', 'a', 'd']);
  });

  it('stay open while they are used, and say that they are above the budget', async () => {
    const { towers, events, use } = create(10);
    let finish: (() => void) | undefined;
    const using = use('a', 10, () => new Promise<void>((resolve) => (finish = resolve)));
    await use('b');
    expect(towers.bytes).toBe(20);
    expect(events).toEqual(['open a', 'open b']);
    finish?.();
    await using;
    await use('c');
    expect(towers.keys).toEqual(['c']);
    expect(towers.bytes).toBe(10);
  });

  it('refuse one that is larger than the budget', async () => {
    const { events, use } = create(10);
    await expect(use('a', 11)).rejects.toMatchObject({ code: 'MODEL_UNAVAILABLE' });
    expect(events).toEqual([]);
  });

  it('try a damaged one once for all who ask at about the same time, and again later', async () => {
    const { towers, events, use } = create(Infinity, 1);
    await Promise.allSettled(Array.from({ length: 5 }, () => use('bad')));
    expect(events).toEqual(['refuse bad']);
    expect(towers.keys).toEqual([]);
    while (events.length === 1) await use('bad').catch(() => nextTurn());
    expect(events).toEqual(['refuse bad', 'refuse bad']);
  });

  it('are all closed at the end', async () => {
    const { events, use, towers } = create();
    await Promise.all([use('a'), use('b')]);
    await towers.close();
    expect(events.slice(2).sort()).toEqual(['close a', 'close b']);
  });
});
