import { OperationRoom } from '../../src/engine/operation-room.js';

/** An operation, and how far it has come. */
function operation(room: OperationRoom, client: string, contents: number) {
  const controller = new AbortController();
  const seen = {
    state: 'waits',
    end: (reason = new Error('over')) => {
      controller.abort(reason);
    },
  };
  room.enter(contents, { client, signal: controller.signal }).then(
    () => (seen.state = 'begun'),
    (error: unknown) => {
      seen.state = (error as { code?: string }).code ?? (error as Error).message;
    },
  );
  return seen;
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('the room for operations', () => {
  it('lets a client have a quarter of the queue under way, and the rest wait in its order', async () => {
    const room = new OperationRoom(400);
    const operations = Array.from({ length: 4 }, () => operation(room, 'a', 50));
    const states = () => operations.map(({ state }) => state);
    await settled();
    expect(states()).toEqual(['begun', 'begun', 'waits', 'waits']);
    expect(room.size).toBe(100);
    operations[1].end();
    await settled();
    expect(states()).toEqual(['begun', 'begun', 'begun', 'waits']);
    operations[0].end();
    await settled();
    expect(states()[3]).toBe('begun');
    expect(room.size).toBe(0);
  });

  it('lets others begin at once, and what is small pass by', async () => {
    const room = new OperationRoom(400);
    const large = Array.from({ length: 4 }, () => operation(room, 'a', 80));
    const [other, small, nothing] = [
      operation(room, 'b', 80),
      operation(room, 'a', 1),
      operation(room, 'a', 0),
    ];
    await settled();
    expect(large.map(({ state }) => state)).toEqual(['begun', 'waits', 'waits', 'waits']);
    expect([other, small, nothing].map(({ state }) => state)).toEqual(['begun', 'begun', 'begun']);
  });

  it('lets small ones pass by a large one until as much has passed as a client may have under way', async () => {
    const room = new OperationRoom(40);
    let newest = operation(room, 'a', 1);
    const large = operation(room, 'a', 10);
    let passed = 0;
    // There is always a small one under way when the next one comes.
    for (; passed < 30; passed++) {
      const next = operation(room, 'a', 1);
      await settled();
      newest.end();
      newest = next;
      await settled();
      if (large.state === 'begun') break;
    }
    expect([large.state, passed]).toEqual(['begun', 10]);
    expect(newest.state).toBe('waits');
    large.end();
    await settled();
    expect([newest.state, room.size]).toEqual(['begun', 0]);
  });

  it('lets others begin when the one that held them up leaves', async () => {
    const room = new OperationRoom(40);
    const begun = operation(room, 'a', 1);
    const large = operation(room, 'a', 10);
    for (let i = 0; i < 10; i++) {
      const small = operation(room, 'a', 1);
      await settled();
      small.end();
      await settled();
    }
    const later = operation(room, 'a', 1);
    await settled();
    expect([begun.state, large.state, later.state]).toEqual(['begun', 'waits', 'waits']);
    large.end();
    await settled();
    expect(later.state).toBe('begun');
  });

  it('lets one begin that is larger than the part of a client, alone', async () => {
    const room = new OperationRoom(40);
    const [first, second] = [operation(room, 'a', 30), operation(room, 'a', 30)];
    await settled();
    expect([first.state, second.state]).toEqual(['begun', 'waits']);
    first.end();
    await settled();
    expect(second.state).toBe('begun');
  });

  it('forgets who leaves, whether it waits or has begun', async () => {
    const room = new OperationRoom(40);
    const [first, second, third] = [1, 2, 3].map(() => operation(room, 'a', 10));
    await settled();
    second.end(new Error('left'));
    await settled();
    expect(second.state).toBe('left');
    expect(room.size).toBe(10);
    first.end();
    await settled();
    expect(third.state).toBe('begun');
    third.end();
    const again = operation(room, 'a', 10);
    await settled();
    expect(again.state).toBe('begun');
  });

  it('refuses whoever has the most waiting when it is full, the newest first', async () => {
    const room = new OperationRoom(100);
    const flood = Array.from({ length: 5 }, () => operation(room, 'flood', 25));
    await settled();
    expect(room.size).toBe(100);
    const more = operation(room, 'flood', 25);
    await settled();
    expect(more.state).toBe('OVERLOADED');
    const [begun, waiting] = [operation(room, 'quiet', 20), operation(room, 'quiet', 20)];
    await settled();
    expect([begun.state, waiting.state]).toEqual(['begun', 'waits']);
    expect(flood.map(({ state }) => state)).toEqual(['begun', 'waits', 'waits', 'waits', 'OVERLOADED']);
    const tooMuch = operation(room, 'quiet', 80);
    await settled();
    expect(tooMuch.state).toBe('OVERLOADED');
  });
});
