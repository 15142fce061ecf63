import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { market } from '../../src/streams/market.stream.ts';
import { extentOf, hasGapAfter, missedSince } from '../../src/streams/history.ts';
import { openTails } from '../../src/streams/tail.ts';
import { isAfter } from '../../src/streams/entry.ts';
import { appendEvents } from '../support/stores/append-events.ts';
import { ownData } from '../support/stores/servers.ts';

let redis: Redis;
beforeAll(async () => {
  const { REDIS_HOST = '', REDIS_PORT, REDIS_DB } = await ownData();
  redis = new Redis({ host: REDIS_HOST, port: Number(REDIS_PORT), db: Number(REDIS_DB) });
});
afterAll(() => redis.disconnect());
beforeEach(async () => void (await redis.del(market.name)));

const eventIds = (entries: readonly { json: string }[]) => entries.map(({ json }) => json.slice(7, json.indexOf('",')));
const read = (position: string, limit = 10) => missedSince(redis, market.name, position, limit);

test('ids are compared as numbers of any length', () => {
  expect(isAfter('10-0', '9-0')).toBe(true);
  expect(isAfter('9-10', '9-9')).toBe(true);
  expect(isAfter('9-9', '9-9')).toBe(false);
  expect(isAfter('1795348800000-0', '1795348800000-18446744073709551615')).toBe(false);
});

test('pages follow one another without holes, and the last one says so', async () => {
  const sent = await appendEvents(redis, market, 'quote.updated', 25);
  const pages = [await read('0-0')];
  while (pages.at(-1)?.isLast === false) pages.push(await read(pages.at(-1)?.position ?? ''));
  expect(pages.flatMap(({ entries }) => eventIds(entries))).toEqual(sent);
  expect(pages.map(({ entries }) => entries.length)).toEqual([10, 10, 5]);
  expect(pages.every(({ gap }) => gap === undefined)).toBe(true);
});

test('how far followers are behind an entry is known as long as there are any', async () => {
  const tails = openTails(
    redis,
    () => redis.duplicate(),
    async () => '0-0',
  );
  expect(tails.behindMs(market.name, '5000-0')).toBeUndefined();
  await redis.xadd(market.name, '2000-0', 'id', 'x');
  const subscription = tails.subscribe(market.name);
  await subscription.opened(2_000);
  expect([1_000, 2_000, 5_000].map((ms) => tails.behindMs(market.name, `${ms}-0`))).toEqual([0, 0, 3_000]);
  subscription.close();
  expect(tails.behindMs(market.name, '5000-0')).toBeUndefined();
});

test('entries that are none of ours are passed over, and the place behind them is kept', async () => {
  const [sent] = await appendEvents(redis, market, 'quote.updated', 1);
  for (const data of ['[]', 'not json'])
    await redis.xadd(
      market.name,
      '*',
      'id',
      'x',
      'type',
      'quote.updated',
      'version',
      1,
      'schema',
      1,
      'time',
      '',
      'subject',
      'x',
      'data',
      data,
    );
  const last = await redis.xadd(market.name, '*', 'some', 'thing');
  const page = await read('0-0');
  expect(eventIds(page.entries)).toEqual([sent]);
  expect(page.position).toBe(last);
});

test('a place has a gap behind it where something was trimmed, and nowhere else', async () => {
  const missing = await extentOf(redis, market.name);
  expect(['0-0', '5-0'].map((id) => hasGapAfter(id, missing))).toEqual([false, false]);

  await appendEvents(redis, market, 'quote.updated', 4);
  const ids = (await redis.xrange(market.name, '-', '+')).map(([id]) => id);
  const [first = '', second = '', third = '', fourth = ''] = ids;
  const whole = await extentOf(redis, market.name);
  for (const id of ['0-0', ...ids, '9999999999999-0']) expect(hasGapAfter(id, whole)).toBe(false);

  await redis.xtrim(market.name, 'MAXLEN', 2);
  const trimmed = await extentOf(redis, market.name);
  expect(['0-0', first, second, third, fourth].map((id) => hasGapAfter(id, trimmed))).toEqual([
    true,
    true,
    true,
    false,
    false,
  ]);

  await redis.xtrim(market.name, 'MAXLEN', 0);
  expect(await read(third)).toMatchObject({ entries: [], position: fourth, end: fourth, gap: 'trimmed', isLast: true });
  expect(await read(fourth)).toMatchObject({ entries: [], position: fourth, gap: undefined });
});

test('what comes after a place beyond the end is waited for, unless nothing can have that place yet', async () => {
  await appendEvents(redis, market, 'quote.updated', 1);
  const [[last] = []] = await redis.xrange(market.name, '-', '+');
  const soon = `${Date.now() + 1_000}-0`;
  expect(await read(soon)).toMatchObject({ entries: [], position: soon, end: last, gap: undefined });
  expect(await read('9999999999999-0')).toMatchObject({ entries: [], position: last, gap: 'lost' });
});
