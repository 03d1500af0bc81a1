import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Contender, Missing } from './contender.js';

interface Peer {
  readonly name: string;
  /** What pip installs; undefined for one that takes no part, and why. */
  readonly packages?: readonly string[];
  readonly reason?: string;
}

export const PEERS: readonly Peer[] = [
  { name: 'sentence-transformers', packages: ['sentence-transformers', 'pillow'] },
  { name: 'infinity', packages: ['infinity-emb[torch,vision,optimum]', 'pillow'] },
  {
    name: 'transformers.js behind Express',
    reason: 'it runs ONNX exports, which these random weights do not have',
  },
  { name: 'faster-clip', reason: 'it brings its own weights, which this command does not fetch' },
];

/** Of a command's last words, what it died of. */
function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.slice(0, 200) ?? '';
}

/** The interpreter of an environment with the packages, made where it is not there; or why it could not be. */
function environmentOf(folder: string, { name, packages = [] }: Peer): { python: string } | Missing {
  const environment = path.join(folder, `venv-${name}`);
  const python = path.join(environment, process.platform === 'win32' ? 'Scripts' : 'bin', 'python');
  const isDone = path.join(environment, 'installed');
  if (existsSync(isDone)) return { python };
  const steps = [
    ['python3', '-m', 'venv', environment],
    [python, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages],
  ];
  for (const [command, ...args] of steps) {
    const { status, stderr } = spawnSync(command, args, {
      encoding: 'utf8',
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    if (status !== 0) return { name, reason: `it could not be installed: ${lastLine(stderr)}` };
  }
  writeFileSync(isDone, '');
  return { python };
}

/** A peer, installed into the scratch folder and started on a model; or why it takes no part. */
export async function startPeer(
  peer: Peer,
  scratch: string,
  model: string,
  threads: number,
): Promise<Contender | Missing> {
  const { name, reason } = peer;
  if (reason !== undefined) return { name, reason };
  const environment = environmentOf(scratch, peer);
  if ('reason' in environment) return environment;
  const args = [path.join(__dirname, 'peers.py'), name, model, String(threads)];
  const child = spawn(environment.python, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: {
      ...process.env,
      OMP_NUM_THREADS: String(threads),
      HF_HUB_OFFLINE: '1',
      TOKENIZERS_PARALLELISM: 'false',
    },
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = `${said}${text}`.slice(-4000);
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  /** Its next line of JSON: libraries print lines of their own. */
  const next = async (): Promise<{ readonly ms?: number } | undefined> => {
    for (;;) {
      const { value } = (await lines.next()) as { value: string | undefined };
      if (value === undefined) return undefined;
      if (value.startsWith('{')) return JSON.parse(value) as { ms?: number };
    }
  };
  if ((await next()) === undefined) return { name, reason: `it did not start: ${lastLine(said)}` };
  const pictures = path.join(scratch, 'pictures');
  mkdirSync(pictures, { recursive: true });
  return {
    name,
    cases: [{ kind: 'texts' }, { kind: 'pictures' }],
    run: async ({ kind }, contents) => {
      const files = contents.pictures.map((bytes, i) => {
        const file = path.join(pictures, `${i}.jpg`);
        if (kind === 'pictures') writeFileSync(file, bytes);
        return file;
      });
      child.stdin.write(
        `${JSON.stringify(kind === 'texts' ? { texts: contents.texts } : { pictures: files })}\n`,
      );
      const { ms } = (await next()) ?? {};
      if (ms === undefined) throw new Error(`${name} ended: ${lastLine(said)}`);
      return ms;
    },
    stop: () => {
      child.stdin.end();
      child.kill();
      return Promise.resolve();
    },
  };
}
