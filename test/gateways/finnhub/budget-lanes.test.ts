import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { readConfig } from '../../../src/config.ts';
import { RateLimited } from '../../../src/errors.ts';
import { type Budget, type BudgetOptions, openBudget } from '../../../src/gateways/finnhub/budget.ts';
import { budgetKeys } from '../../../src/gateways/finnhub/budget-memory.ts';
import { isForPeople, type Lane } from '../../../src/jobs/queues.ts';
import { until } from '../../support/processes/process.ts';
import { ownData } from '../../support/stores/servers.ts';
import { unhurriedRedis } from '../../support/stores/unhurried-redis.ts';

let redis: Redis;
let other: Redis;
beforeAll(async () => {
  const config = readConfig(await ownData());
  redis = new Redis({ ...unhurriedRedis(config), enableOfflineQueue: true });
  other = new Redis({ ...unhurriedRedis(config), enableOfflineQueue: true });
  for (const one of [redis, other]) one.setMaxListeners(100);
});
afterAll(() => [redis, other].forEach((one) => one.disconnect()));
beforeEach(() => redis.flushdb());

const isBackground = (lane: Lane) => !isForPeople(lane);
const plan = { key: 'secret', perWindow: 60, windowMs: 60_000, perSecond: 600, reserved: 0.2, isBackground };
const keys = budgetKeys(plan.key);
const open = (more: Partial<BudgetOptions> = {}, connection = redis) =>
  openBudget(connection, { ...plan, lookEveryMs: 60_000, holdMs: 0, ...more });
const wait = (budget: Budget, lane: Lane) => budget.take(lane).then(() => undefined, waitOf);
const waitOf = (error: unknown): number => {
  if (error instanceof RateLimited) return error.waitMs;
  throw error;
};
/** Grants in a lane until one is refused, and counts them. */
async function grants(budget: Budget, lane: Lane): Promise<number> {
  let count = 0;
  while ((await wait(budget, lane)) === undefined) count += 1;
  return count;
}
/** A budget whose log is known to be complete. */
async function told(more: Partial<BudgetOptions> = {}): Promise<Budget> {
  const budget = open(more);
  const grant = await budget.take('logged_in');
  await budget.hear(grant, { limit: 60, remaining: 59 });
  // The first look after that puts back what is remembered.
  await budget.take('logged_in');
  await redis.del(keys.log, keys.people);
  return budget;
}
const now = async () => {
  const [seconds, micros] = await redis.time();
  return Number(seconds) * 1_000 + Number(micros) / 1_000;
};
/** Calls that were made this long ago. */
const madeAgo = async (count: number, ms: number, lane: Lane = 'watchlist') => {
  const at = (await now()) - ms;
  const members = Array.from({ length: count }, (_, index) => [at, `${lane}:${ms}-${index}`]).flat();
  await redis.zadd(keys.log, ...members);
  if (isForPeople(lane)) await redis.zadd(keys.people, ...members);
};

test('people may use all that is left at once; the background is spread over the window', async () => {
  const budget = await told();
  expect(await grants(budget, 'anonymous_cold')).toBe(60);
  await redis.flushdb();
  const polling = await told();
  await madeAgo(30, 20_000);
  // Half full, half a second apart, with two seconds of grace: five at once, and those of the time that this takes.
  expect(await grants(polling, 'watchlist')).toBeLessThanOrEqual(15);
  expect(await wait(polling, 'logged_in')).toBeUndefined();
});

test('a refusal that people need not share is looked at again soon, and one that they share is not', async () => {
  const budget = await told();
  await redis.set(keys.pace, (await now()) + 30_000);
  expect(await wait(budget, 'refresh')).toBe(250);
  await madeAgo(60, 10_000);
  expect(await wait(budget, 'refresh')).toBeGreaterThan(20_000);
});

test('while somebody waits for a call, the background gets none; then it goes on', async () => {
  const budget = await told();
  await madeAgo(60, 30_000);
  expect(await wait(budget, 'logged_in')).toBeGreaterThan(20_000);
  // As when their window is over; who waits does so still.
  await redis.del(keys.log);
  expect(await wait(budget, 'watchlist')).toBe(250);
  expect(await wait(budget, 'logged_in')).toBeUndefined();
  expect(await wait(budget, 'watchlist')).toBeUndefined();
});

test('what people have used stays theirs for a sixth of a window, at most a fifth of the plan', async () => {
  const budget = await told();
  await madeAgo(20, 61_000, 'logged_in');
  await madeAgo(48, 30_000);
  expect(await wait(budget, 'watchlist')).toBe(250);
  expect(await grants(budget, 'logged_in')).toBe(12);
  await redis.del(keys.log, keys.people, keys.waiting);
  await madeAgo(20, 71_000, 'logged_in');
  await madeAgo(48, 30_000);
  expect(await wait(budget, 'watchlist')).toBeUndefined();
});

test('a refusal of the provider is kept by everyone, the longest of several', async () => {
  const [budget, another] = [await told(), open({}, other)];
  await budget.rest(50_000);
  await another.rest(100);
  expect(await wait(budget, 'logged_in')).toBeGreaterThan(20_000);
  expect(await wait(another, 'watchlist')).toBeGreaterThan(20_000);
});

test.each([
  ['without an end', () => redis.set(keys.rest, '1')],
  ['of an hour', () => redis.set(keys.rest, '1', 'EX', 3_600)],
])('a rest %s is none', async (_name, rest) => {
  const budget = await told();
  await rest();
  expect(await wait(budget, 'logged_in')).toBeUndefined();
  expect(await redis.exists(keys.rest)).toBe(0);
});

test('a log that is lost is put back by who does not ask for anything either, and nobody calls until then', async () => {
  const budget = await told({ lookEveryMs: 20 });
  expect(await grants(budget, 'logged_in')).toBe(60);
  await redis.flushdb();
  // Another process, which remembers nothing, and whose call finds the provider's window just begun.
  const newcomer = open({ lookEveryMs: 20, holdMs: 5_000 }, other);
  expect(await wait(newcomer, 'logged_in')).toBeGreaterThan(0);
  const granted = await until('it is refused for the calls of others', async () => {
    const refused = await wait(newcomer, 'logged_in');
    return refused === undefined || refused > 10_000 ? { refused } : undefined;
  });
  expect(granted.refused).toBeGreaterThan(50_000);
});
