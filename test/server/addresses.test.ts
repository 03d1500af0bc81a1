import type { IncomingMessage } from 'node:http';
import { addressOf, networkOf } from '../../src/server/addresses.js';

describe('the network that stands for a client', () => {
  it.each([
    [
      '192.0.2.1',
      ['192.0.2.1', '192.0.2.1:80', '::ffff:192.0.2.1', '::FFFF:c000:0201', '[::ffff:192.0.2.1]:9'],
    ],
    ['0:0:0:0', ['::1', '[::1]', '[::1]:80', '::', '0:0:0:0:0:0:0:1', '0000::0001']],
    [
      '2001:db8:0:1',
      ['2001:db8:0:1::', '2001:0DB8:0000:0001:ffff::1', '[2001:db8::1:1:2:3:4]:5', '2001:db8:0:1::192.0.2.1'],
    ],
    ['fe80:0:0:0', ['fe80::1%eth0', '[fe80::2%25eth0]:80']],
  ])('is %s, however its addresses are written', (network, addresses) => {
    expect(addresses.map(networkOf)).toEqual(addresses.map(() => network));
  });
});

describe('the address of a request', () => {
  const of = (forwarded: string | undefined, trustProxy = true) =>
    addressOf(
      {
        headers: { 'x-forwarded-for': forwarded },
        socket: { remoteAddress: '10.0.0.1' },
      } as unknown as IncomingMessage,
      trustProxy,
    );

  it('is the last one that the proxy has written, without its port', () => {
    for (const forwarded of ['1.2.3.4', '1.2.3.4:5678', 'x, 1.2.3.4:1', '"1.2.3.4:1"', '::1, 1.2.3.4'])
      expect(of(forwarded)).toBe('1.2.3.4');
    expect(of('"[2001:db8::1]:80"')).toBe('2001:db8::1');
  });

  it('is the connection’s own where the proxy writes none, or is not trusted', () => {
    for (const forwarded of [undefined, '', 'unknown', '_hidden:80', '1.2.3.4.5', '[]', ','])
      expect(of(forwarded)).toBe('10.0.0.1');
    expect(of('1.2.3.4', false)).toBe('10.0.0.1');
  });
});
