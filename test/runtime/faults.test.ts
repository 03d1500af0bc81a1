import { setTimeout as delay } from 'node:timers/promises';
import { EmbedDocument } from '../generated/client.js';
import { runServer } from '../running-server.js';

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe("the runtime's process", () => {
  it('is killed during 200 requests, and all 200 are answered', async () => {
    const server = await runServer({ cache: { maxBytes: 0 } });
    try {
      const runtime = await server.embedder.runtimes.default();
      const [first] = runtime.pids;
      const requests = Array.from({ length: 200 }, async (_, i) => {
        await delay(i * 3);
        const input = i % 4 === 0 ? { image: { example: 'dog' } } : { text: `request ${i}` };
        return server.ask(EmbedDocument, { input });
      });
      await delay(300);
      process.kill(first, 'SIGKILL');
      const answers = await Promise.all(requests);
      expect(answers.filter(({ data }) => data?.embed.dimensions === 384)).toHaveLength(200);
      expect(runtime.restarts).toBe(1);
      expect(runtime.pids).not.toContain(first);
    } finally {
      await server.close();
    }
  });

  it('is gone after the server has closed, and so are the preparation processes', async () => {
    const server = await runServer();
    await server.ask(EmbedDocument, { input: { image: { example: 'dog' } } });
    const { pids } = await server.embedder.runtimes.default();
    expect(pids.map(isRunning)).toEqual([true]);
    await server.close();
    expect(pids.map(isRunning)).toEqual([false]);
  });

  it('is a coded error when it cannot be kept alive', async () => {
    const server = await runServer({ cache: { maxBytes: 0 } });
    const runtime = await server.embedder.runtimes.default();
    const killer = setInterval(() => {
      for (const pid of runtime.pids) if (isRunning(pid)) process.kill(pid, 'SIGKILL');
    }, 5);
    try {
      const { errors, status } = await server.ask(EmbedDocument, { input: { text: 'a dog' } });
      expect(status).toBe(503);
      expect(errors![0]).toMatchObject({
        message: 'The runtime cpu failed 2 times while it ran starter.',
        extensions: { code: 'RUNTIME_UNAVAILABLE' },
      });
    } finally {
      clearInterval(killer);
    }
    try {
      const { data } = await server.ask(EmbedDocument, { input: { text: 'a dog' } });
      expect(data!.embed.dimensions).toBe(384);
    } finally {
      await server.close();
    }
  });
});

describe('a runtime that cannot start', () => {
  it('ends the start of the server with the reason and the remedy', async () => {
    await expect(runServer({ runtimes: { cpu: { threads: 0 } } })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringMatching(/options under runtimes\.cpu are wrong: threads/),
    });
  });

  it('is found by its nearest name', async () => {
    await expect(runServer({ runtime: 'cpuu' })).rejects.toMatchObject({
      code: 'RUNTIME_NOT_FOUND',
      message: expect.stringContaining('Did you mean cpu?'),
    });
  });
});
