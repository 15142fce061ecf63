import { BlockList, isIP } from 'node:net';
import type { Context as HonoContext } from 'hono';
import type { RouteEnv } from './route-env.ts';

/** Tells the address that a request's sender has; empty for one that came over no socket. */
export type ClientAddress = (c: HonoContext<RouteEnv>) => string;

/**
 * The address a request came from. Behind a proxy of the list it is the last one in X-Forwarded-For that is no such proxy;
 * what stands further left may be invented.
 */
export function openClientAddress(trustedProxies: readonly string[]): ClientAddress {
  const trusted = new BlockList();
  for (const proxy of trustedProxies) {
    const [address = '', bits] = proxy.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) trusted.addAddress(address, family);
    else trusted.addSubnet(address, Number(bits), family);
  }
  const isTrusted = (address: string) => trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  return (c) => {
    let address = plain(socketAddress(c.env) ?? '');
    const hops = trustedProxies.length === 0 ? [] : (c.req.header('x-forwarded-for') ?? '').split(',').slice(-20);
    while (isTrusted(address)) {
      const hop = plain(withoutPort(hops.pop()?.trim() ?? ''));
      if (isIP(hop) === 0) break;
      address = hop;
    }
    return address.toLowerCase();
  };
}

/** By what a sender of this address is counted: IPv6 senders own at least a /64, so that is one address. */
export function countedAddress(address: string): string {
  return isIP(address) === 6 ? network(address) : address;
}

/** Where the node server keeps the socket; a request that came over none has no address. */
function socketAddress(env: unknown): string | undefined {
  const incoming = property(env, 'incoming');
  const address = property(property(incoming, 'socket'), 'remoteAddress');
  return typeof address === 'string' ? address : undefined;
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

/** Some proxies say the port too: `192.0.2.1:4711`, `[2001:db8::1]:4711`, and brackets alone. */
function withoutPort(hop: string): string {
  return /^([\d.]+):\d{1,5}$/.exec(hop)?.[1] ?? /^\[([\da-f:.]+)\](?::\d{1,5})?$/i.exec(hop)?.[1] ?? hop;
}

/** An IPv4 address that is written as IPv6, as by a socket for both families: with dots, or as two groups. */
function plain(address: string): string {
  const tail = isIP(address) === 6 ? /^[0:]+:ffff:([\d.]+|[\da-f]{1,4}:[\da-f]{1,4})$/i.exec(address)?.[1] : undefined;
  if (tail === undefined || isIP(tail) === 4) return tail ?? address;
  const [high = 0, low = 0] = tail.split(':').map((group) => Number.parseInt(group, 16));
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');
}

function network(address: string): string {
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  const groups = [...left, ...Array.from({ length: zeros }, () => '0'), ...right].slice(0, 4);
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`;
}
