import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/** With the brackets that stand around an IPv6 address before a port, and the port; an IPv4 address may have one, too. */
const WITH_PORT = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/;

/** An address as a proxy may write it, without brackets, port and zone. */
function withoutPort(text: string): string {
  const found = WITH_PORT.exec(text);
  return (found?.[1] ?? found?.[2] ?? text).replace(/%.*$/, '');
}

/**
 * The address that a request came from. The proxy that is trusted adds the one that it saw to the end of
 * X-Forwarded-For, some with a port; what stands before it is whatever the client wrote.
 */
export function addressOf({ headers, socket }: IncomingMessage, trustProxy: boolean): string {
  const forwarded = trustProxy ? headers['x-forwarded-for'] : undefined;
  const last = [forwarded ?? []].flat().at(-1)?.split(',').at(-1)?.replace(/[\s"]/g, '');
  const address = withoutPort(last ?? '');
  return isIP(address) === 0 ? (socket.remoteAddress ?? '') : address;
}

/** The eight groups of an IPv6 address, without leading zeros. */
function groupsOf(address: string): string[] {
  const dotted = /[^:]*\.[^:]*$/.exec(address)?.[0];
  const bytes = dotted?.split('.').map(Number) ?? [];
  const tail =
    dotted === undefined
      ? ''
      : `${(bytes[0] * 256 + bytes[1]).toString(16)}:${(bytes[2] * 256 + bytes[3]).toString(16)}`;
  const whole = address.slice(0, address.length - (dotted?.length ?? 0)) + tail;
  const [before, after = []] = whole.split('::').map((part) => (part === '' ? [] : part.split(':')));
  const zeros = Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0');
  return [...before, ...zeros, ...after].map((group) => parseInt(group, 16).toString(16));
}

/**
 * What tells clients without tokens apart: an IPv4 address, however it is written; of IPv6 the network of 64 bits, since one
 * subscriber has all of its addresses.
 */
export function networkOf(address: string): string {
  const plain = withoutPort(address);
  if (isIP(plain) !== 6) return plain;
  const groups = groupsOf(plain);
  const isMapped = groups.slice(0, 6).join(':') === '0:0:0:0:0:ffff';
  if (!isMapped) return groups.slice(0, 4).join(':');
  const bytes = groups.slice(6).flatMap((group) => {
    const value = parseInt(group, 16);
    return [value >> 8, value & 255];
  });
  return bytes.join('.');
}
