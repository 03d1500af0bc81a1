import { BlockList, isIP } from 'node:net';

/**
 * What request-filtering-agent takes for public and IANA's registries of special-purpose addresses do not. Of IPv6, only
 * 2000::/3 is given out at all.
 * Source: https://www.iana.org/assignments/iana-ipv6-special-registry and the same for IPv4.
 */
const SPECIAL: readonly (readonly [network: string, prefix: number, family: 'ipv4' | 'ipv6'])[] = [
  ['198.18.0.0', 15, 'ipv4'],
  ['192.31.196.0', 24, 'ipv4'],
  ['192.52.193.0', 24, 'ipv4'],
  ['192.175.48.0', 24, 'ipv4'],
  ['::', 3, 'ipv6'],
  ['4000::', 2, 'ipv6'],
  ['8000::', 1, 'ipv6'],
  ['2001::', 23, 'ipv6'],
  ['2001:db8::', 32, 'ipv6'],
  ['2002::', 16, 'ipv6'],
  ['2620:4f:8000::', 48, 'ipv6'],
  ['3fff::', 20, 'ipv6'],
];

const special = new BlockList();
for (const [network, prefix, family] of SPECIAL) special.addSubnet(network, prefix, family);

/** Whether an address is set aside for something else than the public network. False for what is no address. */
export function isSpecialAddress(address: string): boolean {
  const version = isIP(address);
  return version !== 0 && special.check(address, version === 6 ? 'ipv6' : 'ipv4');
}
