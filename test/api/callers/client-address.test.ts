import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { countedAddress, openClientAddress } from '../../../src/api/callers/client-address.ts';
import type { RouteEnv } from '../../../src/api/callers/route-env.ts';

async function senderOf(trusted: string[], remoteAddress: string | undefined, forwarded?: string): Promise<string> {
  const of = openClientAddress(trusted);
  const app = new Hono<RouteEnv>().get('/', (c) => c.text(of(c)));
  const headers: Record<string, string> = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
  const env = remoteAddress === undefined ? {} : { incoming: { socket: { remoteAddress } } };
  return (await app.request('/', { headers }, env)).text();
}

describe('the address of a sender', () => {
  const proxies = ['10.0.0.0/8', '192.0.2.7', 'fd00::/8'];

  it.each([
    ['the socket’s', [], '198.51.100.1', undefined, '198.51.100.1'],
    ['the socket’s, whatever is forwarded, without a proxy', [], '198.51.100.1', '203.0.113.9', '198.51.100.1'],
    ['the socket’s when it is no proxy of ours', proxies, '198.51.100.1', '203.0.113.9', '198.51.100.1'],
    ['what our proxy has seen', proxies, '10.1.2.3', '203.0.113.9', '203.0.113.9'],
    ['what our proxy has seen, not what the client claims', proxies, '10.1.2.3', '1.1.1.1, 203.0.113.9', '203.0.113.9'],
    ['what the first of our proxies has seen', proxies, '10.1.2.3', '1.1.1.1, 203.0.113.9, 192.0.2.7', '203.0.113.9'],
    ['our proxy when it says nothing of use', proxies, '10.1.2.3', 'unknown, "x"', '10.1.2.3'],
    ['our proxy when it says nothing', proxies, '10.1.2.3', undefined, '10.1.2.3'],
    ['IPv4 in the dress of IPv6', proxies, '::ffff:10.1.2.3', '203.0.113.9', '203.0.113.9'],
    ['IPv4 in the dress of IPv6, also behind a proxy', proxies, '10.1.2.3', '::ffff:203.0.113.9', '203.0.113.9'],
    ['IPv4 in the dress of IPv6, in groups', proxies, '10.1.2.3', '::FFFF:cb00:7109', '203.0.113.9'],
    ['IPv4 in the dress of IPv6, written out', proxies, '10.1.2.3', '0:0:0:0:0:ffff:cb00:7109', '203.0.113.9'],
    ['an IPv4 address without its port', proxies, '10.1.2.3', '203.0.113.9:4711', '203.0.113.9'],
    ['an IPv6 address without its port', proxies, '10.1.2.3', '[2001:db8:1:2::9]:4711', '2001:db8:1:2::/64'],
    ['an IPv6 address without its brackets', proxies, '10.1.2.3', '[2001:db8:1:2::9]', '2001:db8:1:2::/64'],
    ['what a proxy with a port has seen', proxies, '10.1.2.3', '203.0.113.9:1, 192.0.2.7:443', '203.0.113.9'],
    ['what IPv6 proxies with ports have seen', proxies, 'fd00::1', '203.0.113.9, [fd00::2]:443', '203.0.113.9'],
    ['our proxy when the port is none', proxies, '10.1.2.3', '203.0.113.9:x', '10.1.2.3'],
    ['our proxy when the address is none', proxies, '10.1.2.3', '[203.0.113.9', '10.1.2.3'],
    ['one network of IPv6', [], '2001:db8:1:2:3:4:5:6', undefined, '2001:db8:1:2::/64'],
    ['one network of IPv6, however it is written', [], '2001:DB8:1:2::6', undefined, '2001:db8:1:2::/64'],
    ['one network of IPv6, also a short one', [], '::1', undefined, '0:0:0:0::/64'],
    ['IPv6 behind a proxy of IPv6', proxies, 'fd00::1', '2001:db8::1', '2001:db8:0:0::/64'],
    ['nothing where there is no socket', [], undefined, undefined, ''],
  ])('is %s', async (_what, trusted, remote, forwarded, address) => {
    expect(countedAddress(await senderOf(trusted, remote, forwarded))).toBe(address);
  });

  it('is known exactly, in lower case, also where a network is counted', async () => {
    expect(await senderOf(proxies, '2001:DB8:1:2::6')).toBe('2001:db8:1:2::6');
    expect(await senderOf(proxies, '10.1.2.3', '[2001:db8:1:2::9]:4711')).toBe('2001:db8:1:2::9');
    expect(await senderOf(proxies, '10.1.2.3', '203.0.113.9')).toBe('203.0.113.9');
  });
});
