import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { type Hours, openHours } from '../../src/market/hours.ts';
import { patientRedis } from '../../src/redis/connection.ts';
import { ownData } from '../support/stores/servers.ts';

let redis: Redis;
let hours: Hours;
beforeAll(async () => {
  redis = new Redis(patientRedis(readConfig(await ownData())));
  hours = openHours(redis);
});
afterAll(() => redis.disconnect());
beforeEach(() => redis.flushdb());

// A Wednesday, ten in the morning in New York, that is made a holiday.
const at = new Date('2026-11-25T15:00:00.000Z');
const holidays = [{ day: '2026-11-25', tradingHour: '' }];

test('what is remembered of the hours counts as absent when it is spoilt, and is learnt again', async () => {
  const learnt = (learntAtMs: number) => JSON.stringify({ learntAtMs, days: holidays });
  const spoilt = [
    '',
    'null',
    '{}',
    learnt(1).slice(1),
    '{"learntAtMs":"1","days":[]}',
    learnt(at.getTime() + 86_400_000),
  ];
  for (const text of spoilt) {
    await redis.set('market:holidays', text);
    expect([text, await hours.knowsHolidays(at)]).toEqual([text, false]);
    await hours.learnHolidays(holidays, at);
    expect([text, await hours.knowsHolidays(at), await hours.isOpen(at)]).toEqual([text, true, false]);
  }
  await redis.set('market:holidays', 'spoilt');
  expect(await hours.isOpen(at)).toBe(true);
  for (const text of ['', 'OPEN', '1']) {
    await redis.set('market:status', text);
    expect(await hours.isOpen(at)).toBe(true);
  }
  await hours.learn(false);
  expect(await hours.isOpen(at)).toBe(false);
});
