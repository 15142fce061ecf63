import { BlockList, isIP } from 'node:net';

// Whatever is not reached over the public internet, or says by itself who it is: IANA's registries of special addresses.
const special = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const;
// Of the one block that is in use: documentation, and addresses that carry another one of IPv4.
const specialOfSix = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const;

const refused = new BlockList();
for (const [network, bits] of special) refused.addSubnet(network, bits, 'ipv4');
for (const [network, bits] of specialOfSix) refused.addSubnet(network, bits, 'ipv6');
const inUse = new BlockList();
inUse.addSubnet('2000::', 3, 'ipv6');

/** Whether an address is one of the public internet, and nobody's own network, machine or cloud. */
export function isPublicAddress(address: string): boolean {
  const version = isIP(address);
  if (version === 4) return !refused.check(address, 'ipv4');
  return version === 6 && inUse.check(address, 'ipv6') && !refused.check(address, 'ipv6');
}

/** Whether a name can be looked up by the whole world: names of one word, and some endings, are of a network's own. */
function isPublicName(name: string): boolean {
  const plain = name.replace(/\.$/, '');
  return plain.includes('.') && !/\.(localhost|local|internal|intranet|private|lan|home|corp|home\.arpa)$/i.test(plain);
}

/** The host of a URL without the brackets of IPv6. */
function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

/**
 * Why nothing may be sent to this URL, as far as can be told without looking its host up; undefined: it may. `allowed` are hosts that may
 * be private, and spoken to without TLS.
 */
export function refusalOf(url: URL, allowed: readonly string[]): string | undefined {
  const host = hostOf(url);
  if (url.username !== '' || url.password !== '') return 'must not carry a login';
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'must be an https address';
  if (allowed.some((name) => name.toLowerCase() === host)) return undefined;
  if (url.protocol === 'http:') return 'must be an https address';
  const isPublic = isIP(host) === 0 ? isPublicName(host) : isPublicAddress(host);
  return isPublic ? undefined : 'must be an address of the public internet';
}

/** Where a URL leads to, for logs and the audit: its path may hold a secret. */
export function originOf(url: string): string {
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}
