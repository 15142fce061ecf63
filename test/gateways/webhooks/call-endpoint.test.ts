import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { type CallEndpoint, openEndpoints, type ResolveName } from '../../../src/gateways/webhooks/call-endpoint.ts';
import { isPublicAddress, originOf, refusalOf } from '../../../src/gateways/webhooks/public-address.ts';
import { standStill } from '../../support/processes/stand-still.ts';
import { listen, type LocalServer } from '../../support/upstreams/local-server.ts';
import { listenElsewhere } from '../../support/upstreams/server-elsewhere.ts';

describe('an address', () => {
  const own = [
    '0.0.0.0 10.0.0.1 100.64.0.1 127.0.0.1 127.255.255.255 169.254.169.254 172.16.0.1 172.31.255.255 192.168.0.1',
    '192.0.0.1 192.0.2.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 240.0.0.1 255.255.255.255',
    ':: ::1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 64:ff9b::7f00:1 fc00::1 fd00:ec2::254 fe80::1 ff02::1 2001:db8::1 2002:7f00:1:: 2001::1',
  ];
  it.each(own.join(' ').split(' '))('%s is not of the public internet', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it.each(['8.8.8.8', '1.1.1.1', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '2a00:1450:4001::1'])(
    '%s is',
    (address) => {
      expect(isPublicAddress(address)).toBe(true);
    },
  );

  it.each([
    'https://127.0.0.1/',
    'https://0x7f.1/',
    'https://2130706433/',
    'https://017700000001/',
    'https://[::1]/',
    'https://[::ffff:7f00:1]/',
    'https://169.254.169.254/latest/meta-data/',
    'https://localhost/',
    'https://localhost./',
    'https://redis/',
    'https://metadata.google.internal/',
    'https://printer.local/',
    'https://user:secret@shop.example.com/',
    'http://shop.example.com/',
    'ftp://shop.example.com/',
  ])('%s is refused before anything is looked up', (url) => {
    expect(refusalOf(new URL(url), [])).toMatch(/^must /);
  });

  it('is fine with https and a public host, or when it is allowed by name', () => {
    expect(refusalOf(new URL('https://shop.example.com:8443/hook?key=1'), [])).toBeUndefined();
    expect(refusalOf(new URL('http://LOCALHOST:9000/hook'), ['localhost'])).toBeUndefined();
    expect(refusalOf(new URL('http://[::1]:9000/hook'), ['::1'])).toBeUndefined();
    expect(refusalOf(new URL('http://10.0.0.7/'), ['10.0.0.7'])).toBeUndefined();
    expect(refusalOf(new URL('http://user@localhost/'), ['localhost'])).toBe('must not carry a login');
    expect(originOf('https://shop.example.com:8443/secret/path?key=1')).toBe('https://shop.example.com:8443');
  });
});

let server: LocalServer;
const seen: string[] = [];
let written = 0;
beforeAll(async () => {
  server = await listen((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers.host}`);
    request.resume();
    if (request.url === '/redirect') response.writeHead(302, { location: '/target' }).end();
    else if (request.url === '/endless') {
      response.writeHead(200);
      const more = () => {
        written += 16_384;
        response.write('x'.repeat(16_384));
      };
      const going = setInterval(more, 1);
      response.on('close', () => {
        clearInterval(going);
        seen.push('endless: closed');
      });
    } else if (request.url === '/unfinished') {
      response.on('close', () => seen.push('unfinished: closed'));
      response.writeHead(200, { 'content-length': '10' }).flushHeaders();
    } else if (request.url === '/hang') seen.push('hanging');
    else response.writeHead(204).end();
  });
});
afterAll(() => server.close());

const port = () => new URL(server.url).port;
const call = (callEndpoint: CallEndpoint, url: string, signal = new AbortController().signal) =>
  callEndpoint({ url, headers: { 'webhook-id': 'a' }, body: '{}' }, signal);
const always =
  (...addresses: string[]): ResolveName =>
  async () =>
    addresses;

test('a name of which any address is private is not called, however public it looks', async () => {
  for (const addresses of [['127.0.0.1'], ['8.8.8.8', '127.0.0.1'], ['::1']]) {
    const before = seen.length;
    const answer = await call(openEndpoints([], always(...addresses)), `https://shop.example.com:${port()}/`);
    expect(answer).toEqual({ error: 'the host is not a public one' });
    expect(seen.length).toBe(before);
  }
});

test('the address that was looked at is the one that is called: the name is looked up once a connection', async () => {
  const resolved: string[] = [];
  const lookingUp: ResolveName = async (name) => {
    resolved.push(name);
    // Were it asked again, it would say something else.
    return resolved.length === 1 ? ['192.0.2.1'] : ['127.0.0.1'];
  };
  const answer = await call(openEndpoints([], lookingUp), `https://rebinding.example.com:${port()}/`);
  expect(answer).toEqual({ error: 'the host is not a public one' });
  expect(resolved).toEqual(['rebinding.example.com']);
});

test('a host that is allowed by name is called, and no other one on the same address', async () => {
  const endpoints = openEndpoints(['localhost']);
  expect(await call(endpoints, `http://localhost:${port()}/hook`)).toEqual({ status: 204 });
  expect(seen.at(-1)).toBe(`POST /hook localhost:${port()}`);
  expect(await call(endpoints, `http://127.0.0.1:${port()}/hook`)).toEqual({
    error: 'the address must be an https address',
  });
});

test('a redirect is an answer, and not followed', async () => {
  expect(await call(openEndpoints(['localhost']), `http://localhost:${port()}/redirect`)).toEqual({ status: 302 });
  expect(seen.some((line) => line.includes('/target'))).toBe(false);
});

test('an answer without end is left after some kilobytes', async () => {
  expect(await call(openEndpoints(['localhost']), `http://localhost:${port()}/endless`)).toEqual({ status: 200 });
  await expect.poll(() => seen.includes('endless: closed'), { timeout: 60_000 }).toBe(true);
  // What was on its way when it was left; in ten seconds, after which every call ends, it would be far more.
  expect(written).toBeLessThan(8_000_000);
});

test('an answer whose rest does not come keeps no connection', async () => {
  expect(await call(openEndpoints(['localhost']), `http://localhost:${port()}/unfinished`)).toEqual({ status: 200 });
  await expect.poll(() => seen.includes('unfinished: closed'), { timeout: 60_000 }).toBe(true);
});

test('whoever does not answer is left when it is time', async () => {
  const stopping = new AbortController();
  const calling = call(openEndpoints(['localhost']), `http://localhost:${port()}/hang`, stopping.signal);
  await expect.poll(() => seen.includes('hanging'), { timeout: 60_000 }).toBe(true);
  stopping.abort();
  expect(await calling).toEqual({ error: 'no answer in time' });
});

test('a kept connection that is closed under a call is no failure; a new one that is, is', async () => {
  const calls = new Map<Socket, number>();
  let mostCalls = 1;
  const closing = createServer((request, response) => {
    const count = (calls.get(request.socket) ?? 0) + 1;
    calls.set(request.socket, count);
    request.resume();
    if (count > mostCalls) request.socket.resetAndDestroy();
    else response.writeHead(204).end();
  }).listen(0, '127.0.0.1');
  await once(closing, 'listening');
  const address = closing.address();
  const url = `http://localhost:${typeof address === 'object' ? address?.port : ''}/`;
  const endpoints = openEndpoints(['localhost']);
  // A connection is kept some moments after its answer: not each call finds one.
  for (let index = 0; index < 20; index += 1) expect(await call(endpoints, url)).toEqual({ status: 204 });
  expect([...calls.values()]).toContain(2);
  mostCalls = 0;
  calls.clear();
  expect(await call(openEndpoints(['localhost']), url)).toEqual({ error: 'ECONNRESET' });
  expect([...calls.values()]).toEqual([1]);
  closing.close();
});

test('a host that nobody knows is a failure like any other', async () => {
  const unknown: ResolveName = async () => Promise.reject(new Error('ENOTFOUND'));
  expect(await call(openEndpoints([], unknown), 'https://nobody.example.com/')).toEqual({
    error: 'the host cannot be found',
  });
});

test('an endpoint that answered while this process stood still has answered', async () => {
  const elsewhere = await listenElsewhere();
  const calling = call(openEndpoints(['127.0.0.1'], undefined, 1_000), elsewhere.url);
  await elsewhere.held;
  elsewhere.goOn();
  await standStill(2_000);
  expect(await calling).toEqual({ status: 200 });
  await elsewhere.close();
});
