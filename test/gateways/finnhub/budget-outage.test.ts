import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readConfig } from '../../../src/config.ts';
import { RateLimited } from '../../../src/errors.ts';
import { type Budget, openBudget } from '../../../src/gateways/finnhub/budget.ts';
import { impatientRedis } from '../../../src/redis/connection.ts';
import { type RedisServer, startRedis } from '../../support/processes/platform.ts';
import { until } from '../../support/processes/process.ts';
import { ownData } from '../../support/stores/servers.ts';

let server: RedisServer;
let redis: Redis;
let budget: Budget;
const lane = 'logged_in' as const;
beforeEach(async () => {
  server = await startRedis();
  redis = new Redis(impatientRedis(readConfig({ ...(await ownData()), ...server.env })));
  redis.on('error', () => {});
  await until('connected', () => (redis.status === 'ready' ? true : undefined));
  budget = openBudget(redis, {
    key: 'k',
    perWindow: 3,
    windowMs: 60_000,
    perSecond: 30,
    holdMs: 0,
    lookEveryMs: 60_000,
  });
  await budget.hear(await budget.take(lane), { limit: 3, remaining: 2 });
});
afterEach(async () => {
  redis.disconnect();
  await server.stop();
});

const back = () =>
  until('Redis is back', () =>
    redis.ping().then(
      () => true,
      () => undefined,
    ),
  );
const refusal = async () => {
  const error: unknown = await budget.take(lane).catch((reason: unknown) => reason);
  if (error instanceof RateLimited) return error;
  throw new Error('it was granted');
};

test('while Redis is away nothing is granted, and the queue rests a second', async () => {
  await server.process().signal('SIGKILL');
  expect((await refusal()).waitMs).toBe(1_000);
});

test('while Redis is frozen nothing is granted either, and the answer comes all the same', async () => {
  await server.process().signal('SIGSTOP');
  expect((await refusal()).waitMs).toBe(1_000);
  await server.process().signal('SIGCONT');
});

test('a Redis that was restarted goes on counting', async () => {
  await budget.take(lane);
  await budget.take(lane);
  await server.written();
  await server.process().signal('SIGKILL');
  await server.restart();
  await back();
  expect((await refusal()).waitMs).toBeGreaterThan(50_000);
});

test('a Redis that came back without its last calls is reminded of them', async () => {
  await budget.take(lane);
  await budget.take(lane);
  await server.written();
  await server.process().signal('SIGKILL');
  await server.restart();
  await back();
  // By then the look with which every process begins again is over: what is lost here was lost before it.
  await refusal();
  // What an fsync a second may lose: the end of the log, while its beginning and the epoch are there.
  const [log] = await redis.keys('*:log');
  await redis.zremrangebyrank(log ?? '', -2, -1);
  expect((await refusal()).waitMs).toBeGreaterThan(50_000);
});
