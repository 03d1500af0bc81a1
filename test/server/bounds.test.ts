import { runServerApart, type ServerApart } from '../server-apart.js';

let server: ServerApart;
beforeAll(async () => {
  server = await runServerApart();
});
afterAll(() => server.close());

describe('JSON that is slow to read', () => {
  it.each([
    ['lists', '[' + '[],'.repeat(6_900_000) + '[]]', 'PAYLOAD_TOO_LARGE'],
    ['numbers', '[' + '1,'.repeat(9_000_000) + '1]', 'PAYLOAD_TOO_LARGE'],
    ['depth', '['.repeat(10_000_000) + ']'.repeat(10_000_000), 'PAYLOAD_TOO_LARGE'],
    ['depth of objects', '{"a":'.repeat(3_000_000) + '1' + '}'.repeat(3_000_000), 'PAYLOAD_TOO_LARGE'],
    [
      'keys',
      '{' + Array.from({ length: 1_500_000 }, (_, i) => `"k${i}":1`).join(',') + '}',
      'PAYLOAD_TOO_LARGE',
    ],
    [
      'objects of different keys',
      '[' + Array.from({ length: 1_300_000 }, (_, i) => `{"k${i}":1}`).join(',') + ']',
      'PAYLOAD_TOO_LARGE',
    ],
    ['spaces', '[' + ' '.repeat(20_000_000) + '1]', undefined],
    ['a string', '"' + 'x'.repeat(20_000_000) + '"', undefined],
    ['a string of escapes', '"' + '\\n'.repeat(10_000_000) + '"', undefined],
    ['a string of escaped quotes', '"' + '\\"'.repeat(10_000_000) + '"', undefined],
    ['a string of backslashes', '"' + '\\\\'.repeat(10_000_000) + '"', undefined],
    ['a string that is not ASCII', '"' + '漢'.repeat(6_600_000) + '"', undefined],
    ['a string without an end', '"' + 'x'.repeat(20_000_000), undefined],
  ])('does not hold up the event loop: 20 MB of %s', async (_, value, code) => {
    for (const body of [`{"query":"{ server { version } }","variables":{"x":${value}}}`, value]) {
      const answer = await server.post(body);
      if (code !== undefined) expect(answer.code).toBe(code);
      expect(answer.longestTurnMs).toBeLessThan(50);
    }
  });
});
