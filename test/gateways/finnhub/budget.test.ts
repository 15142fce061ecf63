import fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { readConfig } from '../../../src/config.ts';
import { RateLimited } from '../../../src/errors.ts';
import { type Budget, openBudget } from '../../../src/gateways/finnhub/budget.ts';
import { budgetKeys } from '../../../src/gateways/finnhub/budget-memory.ts';
import { until } from '../../support/processes/process.ts';
import { ownData } from '../../support/stores/servers.ts';
import { unhurriedRedis } from '../../support/stores/unhurried-redis.ts';

let redis: Redis;
const connections: Redis[] = [];
beforeAll(async () => {
  const config = readConfig(await ownData());
  for (let index = 0; index < 4; index += 1)
    connections.push(new Redis({ ...unhurriedRedis(config), enableOfflineQueue: true }));
  redis = connections[0] ?? new Redis();
  // Every budget listens to its connection; here there are many on one.
  redis.setMaxListeners(100);
});
afterAll(() => connections.forEach((connection) => connection.disconnect()));
beforeEach(() => redis.flushdb());

// Nobody looks by himself, and nobody waits for others to look, unless a test says so. No window ends unless it is waited for.
const plan = { key: 'secret', perWindow: 5, windowMs: 60_000, perSecond: 60, lookEveryMs: 60_000, holdMs: 0 };
const lane = 'logged_in' as const;
const open = (limits: Partial<typeof plan> = {}, connection = redis) => openBudget(connection, { ...plan, ...limits });
/** What `take` says: undefined when it grants, else the wait. */
const wait = (budget: Budget) => budget.take(lane).then(() => undefined, waitOf);
const waitOf = (error: unknown): number => {
  if (error instanceof RateLimited) return error.waitMs;
  throw error;
};
/** By the clock that windows are counted on. */
async function nowMs(): Promise<number> {
  const [seconds, microseconds] = await redis.time();
  return Number(seconds) * 1_000 + Number(microseconds) / 1_000;
}
const unused = { limit: 5, remaining: 4 };
/** Grants until it is refused, and counts them. */
async function grants(budget: Budget): Promise<number> {
  let count = 0;
  while ((await wait(budget)) === undefined) count += 1;
  return count;
}
/** A budget that has learnt that nothing but its own first call has been used. */
async function told(limits: Partial<typeof plan> = {}, connection = redis): Promise<Budget> {
  const budget = open(limits, connection);
  const limit = limits.perWindow ?? plan.perWindow;
  await budget.hear(await budget.take(lane), { limit, remaining: limit - 1 });
  return budget;
}

test('a first start makes one call at a time until an answer has told what is left', async () => {
  const budget = open();
  const first = await budget.take(lane);
  expect(await wait(budget)).toBe(50);
  expect(await wait(open({}, connections[1]))).toBe(50);
  await budget.hear(first, 'silent');
  const second = await budget.take(lane);
  expect(await wait(budget)).toBe(50);
  await budget.hear(second, { limit: 5, remaining: 3 });
  expect(await grants(budget)).toBe(3);
});

test('an answer without the header rests one window, once: after that the log is complete', async () => {
  const budget = open({ windowMs: 10_000 });
  await budget.hear(await budget.take(lane), 'unlabelled');
  const rest = await wait(budget);
  expect(rest).toBeGreaterThan(0);
  expect(rest).toBeLessThanOrEqual(10_084);
  const granted = await until('the window is over', () => budget.take(lane).catch(() => undefined));
  await budget.hear(granted, 'unlabelled');
  expect(await grants(budget)).toBe(4);
});

test('the window of the plan is kept with its guard: half a second of a minute', async () => {
  const budget = await told({ windowMs: 60_000 });
  expect(await grants(budget)).toBe(4);
  const [, oldestMs] = await redis.zrange(budgetKeys(plan.key).log, 0, 0, 'WITHSCORES');
  const fromMs = await nowMs();
  const rest = await wait(budget);
  expect(rest).toBeGreaterThanOrEqual(Number(oldestMs) + 60_500 - (await nowMs()));
  expect(rest).toBeLessThanOrEqual(Math.ceil(Number(oldestMs) + 60_500 - fromMs));
});

test('the second is kept with its guard: five of six', async () => {
  const budget = await told({ perWindow: 100, windowMs: 60_000, perSecond: 6 });
  // The first look after an answer puts back what is remembered.
  await budget.take(lane);
  await redis.del(budgetKeys(plan.key).log);
  // At once: what is asked for later may be of another second.
  const rests = await Promise.all(Array.from({ length: 6 }, () => wait(budget)));
  expect(rests.slice(0, 5)).toEqual(Array.from({ length: 5 }, () => undefined));
  expect(rests[5]).toBeGreaterThan(0);
  expect(rests[5]).toBeLessThanOrEqual(1_000);
});

test('a call of which nobody hears, its process or Redis being lost, counts until a window after it can have arrived', async () => {
  const budget = await told();
  const fromMs = await nowMs();
  const unheard = await budget.take(lane);
  const untilMs = await nowMs();
  const heard = await budget.take(lane);
  await budget.hear(heard, 'silent');
  const { log } = budgetKeys(plan.key);
  const scoreOf = async (id: string) => Number(await redis.zscore(log, id));
  // As late as it may come, a second after it was granted: what is told of has come by now.
  expect(await scoreOf(heard.id)).toBeLessThanOrEqual(await nowMs());
  expect(await scoreOf(unheard.id)).toBeGreaterThanOrEqual(fromMs + 1_000);
  expect(await scoreOf(unheard.id)).toBeLessThanOrEqual(untilMs + 1_000);
});

test('another key has a budget of its own, and the key itself stands nowhere in Redis', async () => {
  await grants(await told());
  expect(await grants(await told({ key: 'another' }))).toBe(4);
  expect((await redis.keys('*')).join()).not.toMatch(/secret|another/);
});

test('calls that the provider has counted and we have not are taken over, whatever was used before', async () => {
  const limit = fc.integer({ min: 1, max: 12 });
  await fc.assert(
    fc.asyncProperty(limit, limit, fc.integer({ min: 0, max: 12 }), async (ours, theirs, left) => {
      await redis.flushdb();
      const remaining = Math.min(left, theirs - 1);
      const budget = open({ perWindow: ours, windowMs: 60_000 });
      await budget.hear(await budget.take(lane), { limit: theirs, remaining });
      // Never more than the provider has left, never more than our own plan, all calls counted.
      const used = theirs - remaining;
      expect(await grants(budget)).toBe(Math.max(0, Math.min(remaining, ours - used)));
    }),
    { numRuns: 40 },
  );
});

test('a provider that counts fewer than we do gives nothing back', async () => {
  const budget = await told();
  await budget.take(lane);
  await budget.hear(await budget.take(lane), unused);
  expect(await grants(budget)).toBe(2);
});

test('a grant that was not used in time is void and given back, the right to try first included', async () => {
  const budget = open();
  const first = await budget.take(lane);
  expect(await budget.isGood({ ...first, askedAtMs: performance.now() })).toBe(true);
  expect(await budget.isGood({ ...first, askedAtMs: first.askedAtMs - 251 })).toBe(false);
  await budget.hear(await budget.take(lane), unused);
  expect(await grants(budget)).toBe(4);
});

test('a void grant gives back nobody else’s right to try first', async () => {
  const budget = open();
  const first = await budget.take(lane);
  expect(await budget.isGood({ id: 'another', askedAtMs: first.askedAtMs - 251 })).toBe(false);
  expect(await wait(budget)).toBe(50);
});

test('Redis loses everything: who remembers the calls puts them back, and nobody makes them again', async () => {
  const budget = await told();
  const other = open({}, connections[1]);
  expect(await grants(budget)).toBe(4);
  await redis.flushdb();
  expect(await wait(budget)).toBeGreaterThan(0);
  expect(await wait(other)).toBeGreaterThan(50);
});

test('Redis loses everything, and only a newcomer asks: one call, whose answer tells the rest', async () => {
  await grants(await told());
  await redis.flushdb();
  const newcomer = open({}, connections[1]);
  const grant = await newcomer.take(lane);
  expect(await wait(newcomer)).toBe(50);
  await newcomer.hear(grant, { limit: 5, remaining: 0 });
  expect(await wait(newcomer)).toBeGreaterThan(500);
});

test('four processes that take all they can exceed neither window', async () => {
  const limits = { perWindow: 12, windowMs: 400, perSecond: 60 };
  await told(limits);
  const granted: Readonly<{ askedAtMs: number; heardAtMs: number }>[] = [];
  await Promise.all(
    connections.map(async (connection) => {
      const budget = open(limits, connection);
      // Three whole windows of calls.
      while (granted.length < 36) {
        const askedAtMs = performance.now();
        const grant = await budget.take(lane).catch(() => undefined);
        if (!grant) continue;
        granted.push({ askedAtMs, heardAtMs: performance.now() });
        await budget.hear(grant, 'silent');
      }
    }),
  );
  // A call was granted at some moment between its question and its answer.
  const mostIn = (windowMs: number) =>
    Math.max(
      ...granted.map(({ askedAtMs: from }) => {
        const within = granted.filter(({ askedAtMs, heardAtMs }) => askedAtMs >= from && heardAtMs < from + windowMs);
        return within.length;
      }),
    );
  expect(mostIn(400)).toBeLessThanOrEqual(12);
  expect(mostIn(1_000)).toBeLessThanOrEqual(50);
});

test('however large a plan is, what is remembered of it goes back, in parts where it is too much for one call', async () => {
  const budget = await told({ perWindow: 10_000, perSecond: 10_000 });
  const { log } = budgetKeys(plan.key);
  const scoreMs = (await nowMs()) - plan.windowMs / 2;
  await redis.zadd(log, ...Array.from({ length: 7_500 }, (_, call) => [scoreMs, `call ${call}`]).flat());
  // From now on the process remembers them.
  await budget.take(lane);
  await redis.flushdb();
  expect(await wait(budget)).toBeUndefined();
  expect(await redis.zcard(log)).toBe(7_503);
});
