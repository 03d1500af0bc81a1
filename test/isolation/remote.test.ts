import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { environmentOfChild } from '../../src/isolation/environment.js';
import { residentBytes } from '../../src/isolation/memory.js';
import { startFailure } from '../../src/isolation/start-failure.js';
import { Remote, type RemoteOptions } from '../../src/isolation/remote.js';

const itOnLinux = residentBytes(process.pid) === undefined ? it.skip : it;

async function withRemote(
  options: Partial<RemoteOptions>,
  use: (remote: Remote) => Promise<void>,
): Promise<void> {
  const remote = new Remote({ title: 'program', entry: path.join(__dirname, 'program.ts'), ...options });
  try {
    await use(remote);
  } finally {
    await remote.close();
  }
}

describe('what a program that runs apart is given of the environment', () => {
  const secrets = {
    ...{ HF_TOKEN: 's', CLIPGRAPH_AUTH_TOKENS: 's', AWS_SECRET_ACCESS_KEY: 's', DATABASE_URL: 's' },
    ...{ NODE_AUTH_TOKEN: 's', NVIDIA_API_KEY: 's', HTTPS_PROXY: 's', ORT_TOKEN: 's', CUDA_API_KEY: 's' },
  };
  const useful = {
    ...{ PATH: '/bin', HOME: '/root', LD_LIBRARY_PATH: '/lib', LC_ALL: 'C', OMP_NUM_THREADS: '2' },
    ...{ CUDA_VISIBLE_DEVICES: '0', NVIDIA_TF32_OVERRIDE: '0', SystemRoot: 'C:\\Windows' },
  };

  it('is what a system and its libraries need, and no secret', () => {
    const frugal = { MALLOC_ARENA_MAX: '2', MALLOC_TRIM_THRESHOLD_: '131072' };
    expect(environmentOfChild({ ...secrets, ...useful, UNSET: undefined })).toEqual({ ...frugal, ...useful });
    expect(environmentOfChild({ MALLOC_ARENA_MAX: '8' })).toEqual({ ...frugal, MALLOC_ARENA_MAX: '8' });
  });

  it.each(['process', 'thread'] as const)('is so for a %s', async (isolation) => {
    Object.assign(process.env, secrets);
    try {
      const start = { environment: { ADDED: 'yes' } };
      await withRemote({ isolation, start }, async (remote) => {
        const environment = (await remote.call('environment', undefined)) as Record<string, string>;
        expect(environment).toMatchObject({ PATH: process.env.PATH, ADDED: 'yes' });
        expect(Object.keys(environment).filter((name) => name in secrets)).toEqual([]);
      });
    } finally {
      for (const name of Object.keys(secrets)) Reflect.deleteProperty(process.env, name);
    }
  });
});

describe('a process that runs apart', () => {
  it('says that memory was lacking when its own heap is full', async () => {
    const lost: unknown[] = [];
    const start = { nodeArguments: ['--max-old-space-size=40'] };
    await withRemote({ start, onLost: (_, loss) => lost.push(loss) }, async (remote) => {
      await expect(remote.call('fillHeap', undefined)).rejects.toMatchObject({ loss: 'memory' });
      expect(lost).toEqual(['memory']);
    });
  });

  itOnLinux('is ended when it holds more memory than it may', async () => {
    const lost: unknown[] = [];
    const onLost = (reason: string, loss: string): number => lost.push([reason, loss]);
    await withRemote({ memoryLimitMb: 400, memoryCheckMs: 20, onLost }, async (remote) => {
      await remote.call('hold', 50);
      await expect(remote.call('hold', 600)).rejects.toMatchObject({
        loss: 'memory',
        message: expect.stringMatching(/^The program held \d+ MB, its limit is 400 MB, and was ended\.$/),
      });
      expect(lost).toEqual([[expect.stringContaining('held'), 'memory']]);
    });
  });

  itOnLinux('is ended when it computes for longer than it may', async () => {
    await withRemote({}, async (remote) => {
      await remote.call('environment', undefined); // What it takes to start is not of interest here.
      await remote.call('compute', 50, { watchdogMs: 600, isProcessorTime: true });
      const computing = remote.call('compute', 60_000, { watchdogMs: 600, isProcessorTime: true });
      await expect(computing).rejects.toMatchObject({ loss: 'hung' });
    });
  });

  itOnLinux('is ended when it neither computes nor answers', async () => {
    await withRemote({}, async (remote) => {
      const sleeping = remote.call('sleep', 60_000, { watchdogMs: 300, isProcessorTime: true });
      await expect(sleeping).rejects.toMatchObject({ loss: 'hung' });
    });
  });

  it('is given its time from when it has started', async () => {
    const start = { environment: { START_MS: '1500' } };
    await withRemote({ start }, async (remote) => {
      await remote.call('sleep', 1, { watchdogMs: 500, isProcessorTime: true });
      await expect(remote.call('sleep', 60_000, { watchdogMs: 300 })).rejects.toMatchObject({ loss: 'hung' });
    });
  });

  it('says whether it has started at all', async () => {
    const start = { environment: { START_MS: '60000' } };
    await withRemote({ start, startMs: 300 }, async (remote) => {
      await expect(remote.call('sleep', 1)).rejects.toMatchObject({ loss: 'not started' });
    });
    await withRemote({ entry: path.join(__dirname, 'missing.js') }, async (remote) => {
      await expect(remote.call('sleep', 1)).rejects.toMatchObject({
        loss: 'not started',
        output: expect.arrayContaining([expect.stringContaining('MODULE_NOT_FOUND')]),
      });
    });
  });

  it('says whether it was killed from outside, crashed or was ended here', async () => {
    await withRemote({}, async (remote) => {
      const call = remote.call('sleep', 60_000);
      process.kill(remote.pid!, 'SIGKILL');
      await expect(call).rejects.toMatchObject({ loss: 'killed' });
    });
    await withRemote({}, async (remote) => {
      await remote.call('environment', undefined);
      const call = remote.call('sleep', 60_000);
      process.kill(remote.pid!, 'SIGABRT');
      await expect(call).rejects.toMatchObject({ loss: 'crashed' });
    });
    await withRemote({}, async (remote) => {
      const call = remote.call('sleep', 60_000);
      remote.kill();
      expect(remote.isLost).toBe(true);
      await expect(call).rejects.toMatchObject({ loss: 'ended' });
    });
  });
});

describe('a program for which there is no room', () => {
  /** What a program says that cannot start one itself: the limit is that of its own process. */
  const startBeside = (limit: string): string => {
    const start = `
      const { Remote } = require(${JSON.stringify(path.join(__dirname, '..', '..', 'src', 'isolation', 'remote.ts'))});
      const fs = require('node:fs');
      new Remote({ title: 'first', entry: ${JSON.stringify(path.join(__dirname, 'program.ts'))} }).call('echo', 1)
        .catch(({ message, loss, remedy }) => process.stdout.write(JSON.stringify({ message, loss, remedy })))
        .finally(() => process.exit(0));`;
    const taken =
      limit === ''
        ? ''
        : 'const held = []; try { for (;;) held.push(require("node:fs").openSync("/dev/null")); } catch {}';
    const tsx = require.resolve('tsx/cjs');
    return execFileSync(
      'bash',
      [
        '-c',
        `${limit === '' ? 'true' : limit}; exec "$0" --require "$1" -e "$2"`,
        process.execPath,
        tsx,
        start.replace('const fs', `${taken} const fs`),
      ],
      { encoding: 'utf8' },
    );
  };

  itOnLinux('is not started, and the limit of open files is named with what to do', () => {
    expect(JSON.parse(startBeside('ulimit -n 256'))).toEqual({
      message: 'The first could not be started: this program has too many files open.',
      loss: 'not started',
      remedy: expect.stringContaining('ulimit -n'),
    });
  });
});

describe('why nothing was started', () => {
  it.each([
    ['EMFILE', /too many files open$/, /ulimit -n/],
    ['ENFILE', /machine has too many files open$/, /fs.file-max/],
    ['EAGAIN', /too many processes and threads$/, /ulimit -u/],
    ['ENOMEM', /not enough memory$/, /give the machine/],
  ])('is said of %s, by its code or in what was printed', (code, reason, remedy) => {
    for (const cause of [{ code }, new Error(`spawn node ${code}`), { message: `Error: ${code}: no more` }]) {
      expect(startFailure(cause)).toEqual({
        reason: expect.stringMatching(reason),
        remedy: expect.stringMatching(remedy),
      });
    }
  });

  it('is nothing of the limits where the program is not there', () => {
    expect(startFailure(Object.assign(new Error('spawn x ENOENT'), { code: 'ENOENT' }))).toEqual({
      reason: 'could not be started',
      remedy: undefined,
    });
  });
});
