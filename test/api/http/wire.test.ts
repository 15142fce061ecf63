import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { serveApi } from '../../../src/api/serve-api.ts';
import { until } from '../../support/processes/process.ts';
import { openServedApi, type ServedApi } from '../../support/api/served-api.ts';

let api: ServedApi;
let hasty: ServedApi;
beforeAll(async () => {
  api = await openServedApi();
  hasty = await openServedApi({ headersMs: 400, requestMs: 800, checkEveryMs: 50 });
});
afterAll(async () => {
  await api.close();
  await hasty.close();
});

/** Sends bytes as they are, the later parts after a pause each, and answers all that comes back until the end. */
async function say(parts: readonly string[], { to = api, pauseMs = 0, endsItself = false } = {}): Promise<string> {
  const socket = connect(to.port, '127.0.0.1');
  let heard = '';
  socket.on('data', (part) => (heard += part.toString()));
  socket.on('error', () => {});
  // Whoever is cut off while still speaking may get a reset instead of an end; both are the end.
  const closed = new Promise((resolve) => socket.once('close', resolve));
  for (const part of parts) {
    if (heard !== '' || !socket.writable) break;
    socket.write(part);
    if (pauseMs > 0) await sleep(pauseMs);
  }
  if (endsItself) socket.end();
  await closed;
  return heard;
}

const last = 'connection: close\r\n\r\n';
const get = (more = '') => `GET /auth/ping HTTP/1.1\r\nhost: x\r\n${more}`;
const post = (more: string) => `POST /auth/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n${more}`;
/** The last answer's problem, once it is seen to be one. */
function problemIn(heard: string): Record<string, unknown> {
  const [head = '', body = ''] = heard.slice(heard.lastIndexOf('HTTP/1.1')).split('\r\n\r\n');
  expect(head).toMatch(/^content-type: application\/problem\+json$/im);
  expect(head).toMatch(/^connection: close$/im);
  const problem: Record<string, unknown> = JSON.parse(body);
  expect(head).toContain(`x-request-id: ${String(problem['request_id'])}`);
  expect(problem['type']).toMatch(new RegExp(`^http.*/problems/${String(problem['code'])}$`));
  return problem;
}

const statuses = (heard: string) => [...heard.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status));

describe('on the wire', () => {
  it('an idle connection is kept for longer than by balancers, which give it up after a minute', async () => {
    const heard = await say([get('\r\n')], { endsItself: true });
    expect(Number(/^keep-alive: timeout=(\d+)/im.exec(heard)?.[1])).toBeGreaterThan(60);
  });

  it.each([
    ['a head of 20 KiB', get(`x: ${'a'.repeat(20_000)}\r\n${last}`), 431, 'head_too_large'],
    ['an address of 20 KiB', `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nhost: x\r\n${last}`, 431, 'head_too_large'],
    [
      'a part of a body of 20 KiB more',
      post(`transfer-encoding: chunked\r\n\r\n1;${'a'.repeat(20_000)}\r\n`),
      413,
      'too_large',
    ],
    [
      'a body of two measures',
      post('content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'),
      400,
      'malformed_request',
    ],
    ['a body of two lengths', post('content-length: 5\r\ncontent-length: 6\r\n\r\n{}'), 400, 'malformed_request'],
    ['a length that is no number', post('content-length: abc\r\n\r\n{}'), 400, 'malformed_request'],
    ['no host', `GET /auth/ping HTTP/1.1\r\n${last}`, 400, 'malformed_request'],
    ['two hosts', get(`host: y\r\n${last}`), 400, 'ambiguous_host'],
    ['the same host twice', get(`Host: x\r\n${last}`), 400, 'ambiguous_host'],
    ['NUL in a field', get(`x: a\0b\r\n${last}`), 400, 'malformed_request'],
    ['a field without a name', get(`: b\r\n${last}`), 400, 'malformed_request'],
    ['no HTTP at all', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', 400, 'malformed_request'],
  ])('%s is refused with a problem, and the connection ended', async (_what, bytes, status, code) => {
    const heard = await say([bytes]);
    expect(statuses(heard)).toEqual([status]);
    expect(problemIn(heard)).toMatchObject({ status, code });
  });

  it('whoever has part of an answer hears nothing that could be taken for the rest of it', async () => {
    const endless = () => new Response(new ReadableStream({ start: (stream) => stream.enqueue(Buffer.from('one')) }));
    const server = serveApi({ fetch: endless, publicUrl: '' }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const address = server.address();
    const socket = connect(typeof address === 'object' ? (address?.port ?? 0) : 0, '127.0.0.1');
    let heard = '';
    socket.on('data', (part) => {
      heard += part.toString();
      if (heard.includes('one')) socket.write('no HTTP\r\n\r\n');
    });
    socket.on('error', () => {});
    socket.write(get('\r\n'));
    await new Promise((resolve) => socket.once('close', resolve));
    expect(statuses(heard)).toEqual([200]);
    expect(heard).not.toContain('problem');
  });

  it('requests sent before the answer to the one before are each answered, in order', async () => {
    const heard = await say([get('\r\n') + `GET /nope HTTP/1.1\r\nhost: x\r\n\r\n` + get(last)]);
    expect(statuses(heard)).toEqual([200, 404, 200]);
  });

  it('a client that has said all it wants to say still hears the answer', async () => {
    expect(statuses(await say([get('\r\n')], { endsItself: true }))).toEqual([200]);
  });

  it('a head that comes slowly is not waited for', async () => {
    const heard = await say(['GET /auth/ping HTTP/1.1\r\n', ...Array.from({ length: 20 }, () => 'x: y\r\n')], {
      to: hasty,
      pauseMs: 100,
    });
    expect(statuses(heard)).toEqual([408]);
    expect(problemIn(heard)['code']).toBe('request_timeout');
  });

  it('a body that comes slowly is not waited for', async () => {
    const head = 'POST /auth/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 40\r\n\r\n';
    const heard = await say([head, ...Array.from({ length: 30 }, () => ' ')], { to: hasty, pauseMs: 100 });
    expect(statuses(heard).every((status) => status === 408 || status === 400)).toBe(true);
    if (heard !== '') problemIn(heard);
  });

  it('and after all that, others are served as ever', async () => {
    expect(statuses(await say([get(last)]))).toEqual([200]);
    await until('the hasty one too', async () =>
      statuses(await say([get(last)], { to: hasty }))[0] === 200 ? true : undefined,
    );
  });
});
