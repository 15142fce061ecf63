import { once } from 'node:events';
import { type IncomingMessage, request, type Server } from 'node:http';
import { Hono } from 'hono';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { buildApp } from '../../../src/api/app.ts';
import type { RouteEnv } from '../../../src/api/callers/route-env.ts';
import { openResponseCache } from '../../../src/api/http/response-cache.ts';
import { serveApi } from '../../../src/api/serve-api.ts';

import { until } from '../../support/processes/process.ts';
import { quoteName } from '../../support/api/market-kinds.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';

let api: TestApi;
let port = 0;
let close = () => {};
let nowMs = 0;

beforeAll(async () => {
  api = await openTestApi({ FINNHUB_API_KEY: 'test', RATE_LIMIT_ANONYMOUS_PER_MINUTE: '0', RATE_LIMIT_BURST: '0' });
  const front = openResponseCache(() => nowMs);
  const app = await buildApp(api.ctx, { ...api.parts, front });
  const server = serveApi({ fetch: app.fetch, front, publicUrl: '' }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  port = typeof address === 'object' && address ? address.port : 0;
  close = () => server.close();
});
afterAll(async () => {
  close();
  await api.close();
});

const store = (price: number) =>
  api.ctx.market.cache.write(quoteName('AAPL'), {
    body: `{"symbol":"AAPL","c":${price}`,
    observedAtMs: api.ctx.now().getTime(),
  });
const read = async (headers: Record<string, string> = {}, path = '/market/quote?symbol=AAPL', method = 'GET') => {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  request({ port, path, method, headers, agent: false }, resolve).on('error', reject).end();
  const answer = await promise;
  const text = (await answer.toArray()).map(String).join('');
  return { status: answer.statusCode, headers: answer.headers, price: /"c":(\d+)/.exec(text)?.[1] };
};

describe('a copy in front of the routes', () => {
  it('has the bytes and the headers of the first answer, and a request id of its own', async () => {
    nowMs = 0;
    await store(1);
    const first = await read();
    await store(2);
    const second = await read();
    expect([first.price, second.price]).toEqual(['1', '1']);
    const { 'x-request-id': one, ...headers } = first.headers;
    const { 'x-request-id': other, ...same } = second.headers;
    expect(one).not.toBe(other);
    expect({ ...same, date: '' }).toEqual({ ...headers, date: '' });
  });

  it('is kept for fifty milliseconds', async () => {
    nowMs = 1_000;
    await store(3);
    expect((await read()).price).toBe('3');
    await store(4);
    nowMs = 1_049;
    expect((await read()).price).toBe('3');
    nowMs = 1_050;
    expect((await read()).price).toBe('4');
  });

  it.each([
    ['a login', { authorization: 'Bearer aaaaaaaaaaaaaaaaaaaaaaaa' }],
    ['a cookie', { cookie: 'session=aaaaaaaaaaaaaaaaaaaaaaaaa' }],
    ['an origin', { origin: 'http://localhost:3000' }],
    ['a condition', { 'if-none-match': '"x"' }],
    ['a wish to wait', { prefer: 'wait=1' }],
  ])('is not for a request with %s', async (_what, headers) => {
    nowMs += 1_000;
    await store(5);
    expect((await read()).price).toBe('5');
    await store(6);
    expect((await read(headers)).price).toBe('6');
  });

  it('is not for another host or method, and nothing but what anybody may keep is kept', async () => {
    nowMs += 1_000;
    await store(7);
    expect((await read()).price).toBe('7');
    await store(8);
    expect((await read({ host: `127.0.0.1:${port}` })).price).toBe('8');
    expect((await read({}, '/market/quote?symbol=AAPL', 'DELETE')).status).toBe(405);
    const ids = [await read({}, '/readyz'), await read({}, '/readyz')].map(({ headers }) => headers['x-request-id']);
    expect(new Set(ids).size).toBe(2);
    expect((await read({}, '/market/quote?symbol=$$')).status).toBe(422);
  });

  it('is waited for by those who come while the first asks, and none of them asks itself', async () => {
    nowMs += 1_000;
    await store(9);
    const sent = vi.spyOn(Redis.prototype, 'sendCommand');
    const answers = await Promise.all(Array.from({ length: 40 }, () => read()));
    const asked = sent.mock.calls.filter(([{ args }]) => args.some((one) => String(one).includes(quoteName('AAPL'))));
    sent.mockRestore();
    expect(new Set(answers.map(({ price }) => price))).toEqual(new Set(['9']));
    expect(new Set(answers.map(({ headers }) => headers['x-request-id'])).size).toBe(40);
    expect([1, 2]).toContain(asked.length);
  });

  it('that is none lets all who waited for it ask themselves', async () => {
    nowMs += 1_000;
    const answers = await Promise.all(Array.from({ length: 10 }, () => read({}, '/market/quote?symbol=$$')));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 422));
    expect(new Set(answers.map(({ headers }) => headers['x-request-id'])).size).toBe(10);
  });
});

describe('a copy that is old', () => {
  it('is for others while one asks the routes for the next, and for nobody when that takes long', async () => {
    const answered = Promise.withResolvers<void>();
    let [atMs, asked] = [0, 0];
    const front = openResponseCache(() => atMs);
    const app = new Hono<RouteEnv>().use(front.keep).get('/market/x', async (c) => {
      asked += 1;
      if (asked > 1) await answered.promise;
      return c.text(String(asked), 200, { etag: '"x"', 'cache-control': 'public, max-age=9' });
    });
    const server = serveApi({ fetch: app.fetch, front, publicUrl: '' }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/market/x`;
    const ask = async () => {
      const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
      request(url, { agent: false }, resolve).on('error', reject).end();
      return (await (await promise).toArray()).map(String).join('');
    };
    expect(await ask()).toBe('1');
    atMs = 60;
    const first = ask();
    await until('the routes are asked again', () => (asked === 2 ? true : undefined));
    expect(await ask()).toBe('1');
    atMs = 150;
    const late = ask();
    // The routes have not answered: it waits for what they say.
    answered.resolve();
    expect(await Promise.all([first, late])).toEqual(['2', '2']);
    server.close();
  });
});

describe('a first whose answer does not come', () => {
  const path = '/market/quote?symbol=SLOW';
  // Nobody answers before the test lets go.
  const answered = Promise.withResolvers<Response>();
  let begun = 0;
  let slow: Server;
  const at = () => {
    const address = slow.address();
    return typeof address === 'object' && address ? address.port : 0;
  };
  const ask = () => request({ port: at(), path, agent: false }).on('error', () => {});
  beforeAll(async () => {
    const fetch = () => {
      begun += 1;
      return answered.promise.then((answer) => answer.clone());
    };
    slow = serveApi({ fetch, front: openResponseCache(), publicUrl: '' }).listen(0, '127.0.0.1');
    await once(slow, 'listening');
  });
  afterAll(() => {
    answered.resolve(new Response('late'));
    slow.closeAllConnections();
    slow.close();
  });

  it('is not waited for once it has gone', async () => {
    const first = ask();
    first.end();
    await until('the first asks', () => (begun === 1 ? true : undefined));
    ask().end();
    // It has come when one that came after it on the same path, and says more of itself, has been passed on.
    request({ port: at(), path, agent: false, headers: { origin: 'http://localhost' } })
      .on('error', () => {})
      .end();
    await until('the other was passed on', () => (begun === 2 ? true : undefined));
    first.destroy();
    await until('the second asks itself', () => (begun === 3 ? true : undefined));
  });

  it('is waited for no longer than a second', async () => {
    const before = begun;
    ask().end();
    await until('the first asks', () => (begun === before + 1 ? true : undefined));
    ask().end();
    await until('both have asked', () => (begun === before + 2 ? true : undefined));
  });
});

describe('whoever was held up by a first', () => {
  it('waits for the provider for what is left of three seconds', async () => {
    let [atMs, come] = [0, 0];
    const waited: number[] = [];
    const ended = Promise.withResolvers<undefined>();
    const endOf = (_queue: string, _id: string, forMs: number) => (waited.push(forMs), ended.promise);
    // Only the first's going ends the wait for it, however long this takes.
    const front = openResponseCache(() => atMs, 3_600_000);
    const app = await buildApp(api.ctx, { ...api.parts, answers: { ...api.parts.answers, endOf }, front });
    const answer: typeof front.answer = (...given) => {
      front.answer(...given);
      come += 1;
    };
    const server = serveApi({ fetch: app.fetch, front: { answer }, publicUrl: '' }).listen(0, '127.0.0.1');
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    await once(server, 'listening');
    const address = server.address();
    const at = { port: typeof address === 'object' && address ? address.port : 0, path: '/market/quote?symbol=COLD' };
    const first = request({ ...at, agent: false }).on('error', () => {});
    first.end();
    await until('the first waits', () => (waited.length === 1 ? true : undefined));
    const { promise: second, resolve } = Promise.withResolvers<IncomingMessage>();
    request({ ...at, agent: false }, resolve).end();
    await until('the second has come', () => (come === 2 ? true : undefined));
    atMs = 900;
    first.destroy();
    await until('the second waits', () => (waited.length === 2 ? true : undefined));
    ended.resolve(undefined);
    expect((await second).statusCode).toBe(202);
    expect(waited).toEqual([3_000, 2_100]);
  });
});
