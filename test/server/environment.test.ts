import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const MAIN = path.join(__dirname, '..', '..', 'dist', 'src', 'cli', 'main.js');
const SECRETS = { HF_TOKEN: 'hf_secret', CLIPGRAPH_AUTH_TOKENS: 'a-token', SOME_PASSWORD: 'a-password' };
const itOnLinux = process.platform === 'linux' ? it : it.skip;

function environmentOf(pid: number): string[] {
  return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
}

/** The processes below one, theirs included. */
function descendants(pid: number): number[] {
  const tasks = readdirSync(`/proc/${pid}/task`);
  const children = tasks.flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
  return children.flatMap((child) => [child, ...descendants(child)]);
}

describe('the processes of a server', () => {
  itOnLinux('find none of its secrets in their environment', async () => {
    const server = spawn(process.execPath, [MAIN, 'serve', '--port', '0', '--runtime', 'cpu'], {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, ...SECRETS },
    });
    try {
      let printed = '';
      let url: string | undefined;
      for await (const chunk of server.stdout) {
        printed += String(chunk);
        url = /GraphQL\s+(\S+)/.exec(printed)?.[1];
        if (url !== undefined) break;
      }
      const response = await fetch(url!, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: 'Bearer a-token' },
        body: JSON.stringify({ query: '{ embed(input: { image: { example: "dog" } }) { dimensions } }' }),
      });
      expect(await response.json()).toEqual({ data: { embed: { dimensions: 384 } } });

      const secret = (entry: string): boolean => entry.split('=')[0] in SECRETS;
      expect(environmentOf(server.pid!).filter(secret)).toHaveLength(3);
      const children = descendants(server.pid!);
      expect(children.length).toBeGreaterThanOrEqual(2); // The runtime's and the preparation's.
      for (const pid of children) {
        const environment = environmentOf(pid);
        expect(environment).toContainEqual(expect.stringMatching(/^PATH=/));
        expect(environment.filter(secret)).toEqual([]);
      }
    } finally {
      server.kill('SIGKILL');
    }
  });
});
