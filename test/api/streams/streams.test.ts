import { readdir } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { market } from '../../../src/streams/market.stream.ts';
import { orders } from '../../../src/streams/orders.stream.ts';
import { appendEvents } from '../../support/stores/append-events.ts';
import { type EventClient, eventOf, openEventClient } from '../../support/api/event-client.ts';
import { type Platform, startPlatform } from '../../support/processes/platform.ts';
import { until } from '../../support/processes/process.ts';
import { accounts, Granted } from '../../support/api/test-api.ts';

let platform: Platform;
let clients: EventClient[] = [];
beforeAll(async () => {
  platform = await startPlatform({ workers: 0, env: { STREAMS_PER_ADDRESS: '300' } });
});
afterAll(() => platform.stop());
beforeEach(async () => {
  await platform.redis.del(market.name, orders.name);
});
afterEach(async () => {
  await Promise.all(clients.map((client) => client.disconnect()));
  clients = [];
});

const open = (path: string, headers: Record<string, string> = {}) => {
  const client = openEventClient(`${platform.url}${path}`, headers);
  clients.push(client);
  return client;
};
const follow = async (path: string, headers: Record<string, string> = {}) => {
  const client = open(path, headers);
  expect((await client.connect()).status).toBe(200);
  return client;
};
const logIn = async (account: keyof typeof accounts) => {
  const answer = await platform.send('POST', '/auth/login', accounts[account]);
  const { access_token } = Granted.parse(await answer.json());
  return { authorization: `Bearer ${access_token}`, cookie: answer.headers.getSetCookie()[0]?.split(';')[0] ?? '' };
};
const quotes = (count: number) => appendEvents(platform.redis, market, 'quote.updated', count);
const idsOf = ({ frames }: EventClient) => frames.map((frame) => eventOf(frame).id);
const redisClients = async (name = '') => {
  const lines = String(await platform.redis.client('LIST')).split('\n');
  const db = ` db=${platform.redis.options.db} `;
  return lines.filter((line) => line.includes(db) && line.includes(` name=${name}`)).length;
};

test('clients that are cut off at random see each of 2,000 events once, in order', async () => {
  const [first] = await quotes(1);
  const some = await Promise.all(Array.from({ length: 8 }, () => follow('/streams/market')));
  const all = new AbortController();
  const sent: string[] = [];
  const cutting = some.map(async (client, index) => {
    // Each at a rhythm of its own, so that the cuts fall anywhere between and within the bursts.
    for (let cuts = 0; !all.signal.aborted; cuts += 1) {
      const had = client.frames.length;
      await until('more frames', () =>
        all.signal.aborted || client.frames.length > had + ((cuts * 31 + index * 17) % 90) ? true : undefined,
      );
      await client.disconnect();
      await client.connect();
    }
  });
  for (let burst = 0; burst < 40; burst += 1) sent.push(...(await quotes(50)));
  await Promise.all(some.map((client) => client.have(2_000)));
  all.abort();
  await Promise.all(cutting);
  for (const client of some) expect(idsOf(client)).toEqual(sent);
  expect(sent).not.toContain(first);
});

test('one connection to Redis reads for 200 clients, and nothing is left open when they leave', async () => {
  const openFiles = async () => (await readdir(`/proc/${platform.apis[0]?.pid}/fd`)).length;
  await until('no reader left of other tests', async () =>
    (await redisClients('tail-market')) === 0 ? true : undefined,
  );
  const before = { files: process.platform === 'linux' ? await openFiles() : 0, redis: await redisClients() };
  const crowd = await Promise.all(Array.from({ length: 200 }, () => follow('/streams/market')));
  const sent = await quotes(20);
  await Promise.all(crowd.map((client) => client.have(20)));
  expect(await redisClients('tail-market')).toBe(1);
  expect(await redisClients()).toBe(before.redis + 1);
  for (const client of crowd) expect(idsOf(client)).toEqual(sent);

  await Promise.all(crowd.map((client) => client.disconnect()));
  await until('as many Redis clients as before', async () =>
    (await redisClients()) === before.redis ? true : undefined,
  );
  if (process.platform === 'linux')
    await until(`as many open files as before`, async () => ((await openFiles()) <= before.files ? true : undefined));
});

test('a client that was away while its place was trimmed is told of the gap, and then given what is left', async () => {
  const client = await follow('/streams/market');
  await quotes(1);
  await client.have(1);
  await client.disconnect();
  const left = (await quotes(10)).slice(-3);
  await platform.redis.xtrim(market.name, 'MAXLEN', 3);
  await client.connect();
  const frames = await client.have(5);
  expect(frames[1]).toEqual({ id: undefined, event: 'gap', data: '{"reason":"trimmed"}' });
  expect(frames.slice(2).map((frame) => eventOf(frame).id)).toEqual(left);
});

test('a client whose stream is gone, and its log, is told of the gap once, and reads on in the new one', async () => {
  const client = await follow('/streams/market');
  await quotes(2);
  await client.have(2);
  await client.disconnect();
  await platform.redis.del(market.name);
  await client.connect();
  const sent = await quotes(3);
  const frames = await client.have(6);
  expect(frames[2]?.event).toBe('gap');
  expect(frames.slice(3).map((frame) => eventOf(frame).id)).toEqual(sent);
});

test('a client that was cut off before its first event misses nothing', async () => {
  const client = await follow('/streams/market');
  await until('a mark', () => client.lastId());
  await client.disconnect();
  const sent = await quotes(3);
  await client.connect();
  await client.have(3);
  expect(idsOf(client)).toEqual(sent);
});

test('a frame is the stream id, the type and the whole event on one line, and nothing on the way may hold it back', async () => {
  const client = open('/streams/market/');
  const answer = await client.connect();
  expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  expect(answer.headers.get('cache-control')).toBe('no-cache, no-transform');
  expect(answer.headers.get('x-accel-buffering')).toBe('no');
  await quotes(1);
  const [frame] = await client.have(1);
  expect(client.text()).toMatch(
    /^retry: \d{4}\nid: \d+-\d+\n\nid: \d+-\d+\nevent: quote\.updated\ndata: \{[^\n]+\}\n\n$/,
  );
  const entries = await platform.redis.xrevrange(market.name, '+', '-', 'COUNT', 1);
  expect(frame?.id).toBe(entries[0]?.[0]);
  expect(frame?.data).toMatch(
    /^\{"id":"[^"]+","type":"quote\.updated","version":1,"schema":1,"time":"[^"]+","subject":"[^"]+","data":\{\}\}$/,
  );
});

test("the market's stream can be narrowed to symbols and types", async () => {
  const [narrow, typed] = await Promise.all([
    follow('/streams/market?symbols=aapl,%20MSFT,btc'),
    follow('/streams/market?types=quote.updated'),
  ]);
  for (const subject of ['AAPL', 'TSLA', 'MSFT', 'BINANCE:BTCUSDT'])
    await platform.redis.xadd(
      market.name,
      '*',
      'id',
      subject,
      'type',
      'quote.updated',
      'version',
      1,
      'schema',
      1,
      'time',
      '2026-01-01T00:00:00Z',
      'subject',
      subject,
      'data',
      '{}',
    );
  await Promise.all([narrow.have(3), typed.have(4)]);
  expect(idsOf(narrow)).toEqual(['AAPL', 'MSFT', 'BINANCE:BTCUSDT']);
  for (const query of ['symbols=not%20a%20symbol', 'types=order.paid', 'types=nonsense']) {
    const answer = await fetch(`${platform.url}/streams/market?${query}`);
    expect(answer.status).toBe(422);
    expect(await answer.json()).toMatchObject({ code: 'invalid' });
  }
  const answer = await fetch(`${platform.url}/streams/market`, { headers: { 'last-event-id': 'yesterday' } });
  expect(answer.status).toBe(422);
});

test("the orders' stream is one's own, by token or by cookie; everybody's is for administrators", async () => {
  const [demo, admin] = await Promise.all([logIn('demo'), logIn('admin')]);
  const byToken = await follow('/streams/orders', { authorization: demo.authorization });
  const byCookie = await follow('/streams/orders', { cookie: demo.cookie });
  const own = await follow('/streams/orders', { authorization: admin.authorization });
  const all = await follow('/streams/orders?all=true', { authorization: admin.authorization });
  const place = async (account: keyof typeof accounts) =>
    expect((await platform.send('POST', '/orders', { products: [1, 2] }, account)).status).toBe(201);
  await place('demo');
  await all.have(1);
  await place('admin');
  await Promise.all([byToken.have(1), byCookie.have(1), own.have(1), all.have(2)]);
  const owners = ({ frames }: EventClient) => frames.map((frame) => eventOf(frame).data['user_id']);
  expect([byToken, byCookie, own, all].map(owners)).toEqual([[1], [1], [2], [1, 2]]);

  expect((await fetch(`${platform.url}/streams/orders`)).status).toBe(401);
  const refused = await fetch(`${platform.url}/streams/orders?all=true`, { headers: { cookie: demo.cookie } });
  expect(refused.status).toBe(403);
  const head = await fetch(`${platform.url}/streams/market`, { method: 'HEAD' });
  expect([head.status, head.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
});
