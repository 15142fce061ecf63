import { afterAll, beforeAll, expect, test } from 'vitest';
import { market } from '../../../src/streams/market.stream.ts';
import { appendEvents } from '../../support/stores/append-events.ts';
import { eventOf, openEventClient } from '../../support/api/event-client.ts';
import { type Platform, startPlatform } from '../../support/processes/platform.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ workers: 0, ownRedis: true });
});
afterAll(() => platform.stop());

const follow = async () => {
  const client = openEventClient(`${platform.url}/streams/market`);
  expect((await client.connect()).status).toBe(200);
  return client;
};
const quotes = (count: number) => appendEvents(platform.redis, market, 'quote.updated', count);

test('followers stay while Redis is frozen, or killed and started again, and miss nothing', async () => {
  const client = await follow();
  const server = platform.redisServer;
  const sent = await quotes(3);
  await client.have(3);
  await server?.process().signal('SIGSTOP');
  const late = quotes(3);
  await server?.process().signal('SIGCONT');
  sent.push(...(await late));
  await client.have(6);
  await server?.process().signal('SIGKILL');
  await server?.restart();
  sent.push(...(await quotes(3)));
  const frames = await client.have(9);
  expect(frames.map((frame) => eventOf(frame).id)).toEqual(sent);
  await client.disconnect();
});

test('followers of a Redis that comes back empty, with no log of what it held, are told of the gap and go on', async () => {
  const client = await follow();
  await quotes(2);
  await client.have(2);
  await platform.redis.flushall();
  await platform.redisServer?.process().signal('SIGKILL');
  await platform.redisServer?.restart();
  const sent = await quotes(2);
  const frames = await client.have(5);
  expect(frames[2]?.event).toBe('gap');
  expect(frames.slice(3).map((frame) => eventOf(frame).id)).toEqual(sent);
  await client.disconnect();
});

test('a shutdown says bye to every follower, after what was sent before, and ends in time', async () => {
  const clients = await Promise.all(Array.from({ length: 20 }, follow));
  await quotes(1);
  await Promise.all(clients.map((client) => client.have(1)));
  const ended = platform.apis[0]?.signal('SIGTERM');
  await Promise.all(clients.map((client) => client.ended()));
  // A connection that was opened and never used is waited for, half of SHUTDOWN_SECONDS at the most.
  await ended;
  for (const { frames } of clients) expect(frames.map(({ event }) => event)).toEqual(['quote.updated', 'bye']);
});
