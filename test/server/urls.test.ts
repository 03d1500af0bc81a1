import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import path from 'node:path';
import { ByteBudget, EXAMPLES_FOLDER, UrlFetcher } from '../../src/media/index.js';

const MAIN = path.join(__dirname, '..', '..', 'dist', 'src', 'cli', 'main.js');
const TLS = path.join(__dirname, 'tls');
const CERTIFICATE = path.join(TLS, 'certificate.pem');
const dog = readFileSync(path.join(EXAMPLES_FOLDER, 'dog.png'));

/** The program in a process of its own, which trusts the tests' certificate. */
async function serve(args: readonly string[]): Promise<{ url: string; child: ChildProcess }> {
  const child = spawn(process.execPath, [MAIN, 'serve', '--port', '0', ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, NODE_EXTRA_CA_CERTS: CERTIFICATE },
  });
  let output = '';
  for await (const chunk of child.stdout) {
    output += String(chunk);
    const url = /GraphQL\s+(\S+)/.exec(output)?.[1];
    if (url !== undefined) return { url, child };
  }
  throw new Error('The server has ended.');
}

async function embed(
  server: string,
  url: string,
): Promise<{ code?: string; message?: string; format?: string }> {
  const response = await fetch(server, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      query: `query ($url: String!) { embed(input: {image: {url: $url}}) { image { format } } }`,
      variables: { url },
    }),
  });
  const { data, errors } = (await response.json()) as any;
  return errors === undefined
    ? { format: data.embed.image.format }
    : { code: errors[0].extensions.code, message: errors[0].message };
}

/** Counts connections, on every address of this machine. */
async function listener(): Promise<{ port: number; seen: () => number; close: () => void }> {
  let connections = 0;
  const server = net.createServer((socket) => {
    connections++;
    socket.destroy();
  });
  server.listen(0, '::');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    seen: () => connections,
    close: () => server.close(),
  };
}

describe('pictures by URL', () => {
  let pictures: https.Server;
  let origin: string;
  let trap: Awaited<ReturnType<typeof listener>>;
  let allowing: Awaited<ReturnType<typeof serve>>;

  beforeAll(async () => {
    trap = await listener();
    pictures = https.createServer(
      { key: readFileSync(path.join(TLS, 'key.pem')), cert: readFileSync(CERTIFICATE) },
      (request, response) => {
        const { pathname, searchParams } = new URL(request.url!, 'https://localhost');
        const to = searchParams.get('to');
        if (pathname === '/dog.png') response.end(dog);
        else if (pathname === '/chunked.png') {
          response.write(dog.subarray(0, 1000));
          response.end(dog.subarray(1000));
        } else if (to !== null) response.writeHead(302, { location: to }).end();
        else if (pathname === '/loop') response.writeHead(302, { location: '/loop' }).end();
        else if (pathname === '/large') response.writeHead(200, { 'content-length': 10 ** 9 }).flushHeaders();
        else if (pathname === '/endless') {
          const more = (): void => {
            while (!response.destroyed && response.write(Buffer.alloc(65_536)));
          };
          response.on('drain', more);
          more();
        } else if (pathname === '/slow') response.flushHeaders();
        else if (pathname === '/cut') {
          response.writeHead(200, { 'content-length': 100_000 }).write(dog.subarray(0, 1000), () => {
            response.destroy();
          });
        } else response.writeHead(404).end('not here');
      },
    );
    pictures.listen(0, '127.0.0.1');
    await once(pictures, 'listening');
    const { port } = pictures.address() as AddressInfo;
    origin = `https://localhost:${port}`;
    allowing = await serve([
      '--images.urls.allow',
      `localhost:${port},127.0.0.2:${trap.port},[::1]:${trap.port},*.example`,
      '--images.urls.allowAddresses',
      '127.0.0.1',
      '--images.urls.timeoutMs',
      '2000',
    ]);
  });
  afterAll(() => {
    allowing.child.kill();
    pictures.closeAllConnections();
    pictures.close();
    trap.close();
  });

  it.each(['/dog.png', '/chunked.png', '/?to=/dog.png'])(
    'are fetched from a host that is allowed: %s',
    async (at) => {
      expect(await embed(allowing.url, origin + at)).toEqual({ format: 'PNG' });
    },
  );

  it.each([
    ['FETCH_FAILED', '/nothing', /status 404/],
    ['FETCH_FAILED', '/loop', /redirected more than 3 times/],
    ['FETCH_FAILED', '/slow', /longer than 2000 ms/],
    ['FETCH_FAILED', '/cut', /broke off/],
    ['IMAGE_TOO_LARGE', '/large', /maxImageBytes/],
    ['IMAGE_TOO_LARGE', '/endless', /maxImageBytes/],
    ['URL_NOT_ALLOWED', '/?to=http://localhost/dog.png', /redirected.*https/],
    ['URL_NOT_ALLOWED', '/?to=https://other.example.org/dog.png', /redirected.*images\.urls\.allow/],
    ['URL_NOT_ALLOWED', '/?to=file:///etc/passwd', /redirected/],
  ])('are %s for %s', async (code, at, message) => {
    expect(await embed(allowing.url, origin + at)).toEqual({ code, message: expect.stringMatching(message) });
  });

  it('are not fetched from an address that is not public by way of a redirect', async () => {
    for (const host of ['127.0.0.2', '[::1]']) {
      const to = encodeURIComponent(`https://${host}:${trap.port}/`);
      expect(await embed(allowing.url, `${origin}/?to=${to}`)).toMatchObject({ code: 'URL_NOT_ALLOWED' });
    }
    expect(trap.seen()).toBe(0);
  });

  it('are refused where no host is allowed, and from hosts beside the allowed ones', async () => {
    for (const url of [
      'https://example/',
      'https://example.evil.org/',
      `${origin.replace(/\d+$/, '1')}/dog.png`,
    ]) {
      expect(await embed(allowing.url, url)).toMatchObject({ code: 'URL_NOT_ALLOWED' });
    }
  });

  describe('of targets that must not be reached', () => {
    let open: Awaited<ReturnType<typeof serve>>;
    beforeAll(async () => {
      open = await serve(['--images.urls.allow', '*', '--images.urls.timeoutMs', '1500']);
    });
    afterAll(() => open.child.kill());

    const HOSTS = [
      '127.0.0.1',
      '127.1',
      '127.0.0.2',
      '127.255.255.254',
      '2130706433',
      '0x7f000001',
      '0x7f.1',
      '0177.0.0.1',
      '017700000001',
      '0',
      '0.0.0.0',
      '127.0.0.1.',
      '１２７.0.0.1',
      '127。0。0。1',
      '127.0.0.%31',
      'localhost',
      'LOCALHOST',
      'localhost.',
      'ip6-localhost',
      '[::1]',
      '[::]',
      '[0:0:0:0:0:0:0:1]',
      '[::ffff:127.0.0.1]',
      '[::ffff:7f00:1]',
      '[::127.0.0.1]',
      '[::ffff:0:127.0.0.1]',
      '[64:ff9b::127.0.0.1]',
      '[64:ff9b:1::127.0.0.1]',
      '[2002:7f00:1::]',
      '[2001:0:7f00:1::]',
      '[fe80::1]',
      '[fc00::1]',
      '[fd12:3456::1]',
      '[fec0::1]',
      '[ff02::1]',
      '[2001:db8::1]',
      '10.0.0.1',
      '172.16.0.1',
      '192.168.0.1',
      '100.64.0.1',
      '169.254.169.254',
      '198.18.0.1',
      '192.0.2.1',
      '224.0.0.1',
      '240.0.0.1',
      '255.255.255.255',
      'hostname', // Of this machine.
    ];

    it.each(HOSTS)('%s is not', async (host) => {
      const name = host === 'hostname' ? (await import('node:os')).hostname() : host;
      const { code } = await embed(open.url, `https://${name}:${trap.port}/`);
      // A name that nothing knows can't be fetched either.
      expect(['URL_NOT_ALLOWED', ...(/^[\d[]/.test(host) ? [] : ['FETCH_FAILED'])]).toContain(code);
      expect(trap.seen()).toBe(0);
    });

    it.each([
      'http://127.0.0.1:PORT/',
      'HTTP://127.0.0.1:PORT/',
      'ftp://127.0.0.1:PORT/',
      'gopher://127.0.0.1:PORT/_x',
      'file:///etc/passwd',
      'data:image/png;base64,AAAA',
      'javascript:alert(1)',
      '//127.0.0.1:PORT/',
      '/etc/passwd',
      '',
      'https:\\\\127.0.0.1:PORT\\',
      'https://user:password@127.0.0.1:PORT/',
      'https://example.org@127.0.0.1:PORT/',
      'https://127.0.0.1:PORT#@example.org/',
      'https://127.\t0.0.1:PORT/',
      ' https://127.0.0.1:PORT/',
      'https://[::1%25lo]:PORT/',
      'https://127.0.0.1:99999/',
    ])('%s is not', async (url) => {
      expect(await embed(open.url, url.replace('PORT', String(trap.port)))).toMatchObject({
        code: 'URL_NOT_ALLOWED',
      });
      expect(trap.seen()).toBe(0);
    });

    it('a name that resolves to such an address is not, nor one that changes its mind', async () => {
      const answers = [
        '127.0.0.1',
        '::1',
        '::ffff:127.0.0.1',
        '10.1.2.3',
        '198.18.0.1',
        'fec0::1',
        '0.0.0.0',
      ];
      const signal = new AbortController().signal;
      for (const answer of answers) {
        let asked = 0;
        const fetcher = new UrlFetcher({
          allow: ['*'],
          allowAddresses: [],
          maxRedirects: 3,
          timeoutMs: 2000,
          maxBytes: 1000,
          lookup: (_hostname, { all }, callback) => {
            // Public the first time that somebody looks, as an attacker's name server would have it.
            const address = asked++ === 0 && answer === '127.0.0.1' ? '192.0.3.1' : answer;
            const family = net.isIP(address);
            if (all === true) callback(null, [{ address, family }]);
            else callback(null, address, family);
          },
        });
        const tried = fetcher.fetch(
          `https://rebound.example:${trap.port}/`,
          signal,
          new ByteBudget(1000).open({ client: 'a', refuse: () => undefined }),
        );
        const code = answer === '127.0.0.1' ? /FETCH_FAILED|URL_NOT_ALLOWED/ : /URL_NOT_ALLOWED/;
        await expect(tried).rejects.toMatchObject({ code: expect.stringMatching(code) });
        fetcher.close();
      }
      expect(trap.seen()).toBe(0);
    });

    it('and the listener would have seen them', async () => {
      for (const host of ['127.0.0.1', '127.0.0.2', '::1']) {
        await once(net.connect(trap.port, host), 'close');
      }
      expect(trap.seen()).toBe(3);
    });
  });
});
