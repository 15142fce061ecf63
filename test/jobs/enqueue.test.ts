import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { openProducer, type Producer } from '../../src/jobs/enqueue.ts';
import { pruneTokens } from '../../src/jobs/prune-tokens.job.ts';
import { impatientRedis } from '../../src/redis-connection.ts';
import { type RedisServer, startRedis } from '../platform.ts';
import { until } from '../process.ts';
import { ownData } from '../servers.ts';

let redis: RedisServer;
let producer: Producer;
const open = async () => openProducer(impatientRedis(readConfig({ ...(await ownData()), ...redis.env })));
const add = () => producer.enqueue(pruneTokens, {}).catch(() => undefined);
const tookMs = async (work: () => Promise<unknown>) => {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
};
beforeEach(async () => {
  redis = await startRedis();
});
afterEach(async () => {
  await redis.process().signal('SIGCONT');
  await producer.close();
  await redis.stop();
});

describe('a producer', () => {
  it.each([
    ['frozen', 'SIGSTOP'],
    ['away', 'SIGKILL'],
  ] as const)('that was opened while Redis was %s adds jobs as soon as it is back', async (_how, signal) => {
    await redis.process().signal(signal);
    producer = await open();
    expect(await tookMs(add)).toBeLessThan(2_500);
    // Longer than a command may take, so that the very first one is overdue.
    expect(await tookMs(add)).toBeLessThan(2_500);
    if (signal === 'SIGSTOP') await redis.process().signal('SIGCONT');
    else await redis.restart();
    expect(await until('a job', 5_000, add)).toMatch(/^[\da-f-]{36}$/);
  });

  it('that was opened by a process too busy to hear the answer in time adds jobs afterwards', async () => {
    producer = await open();
    for (let round = 0; round < 10; round += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      const untilMs = performance.now() + (round > 3 ? 150 : 1_100);
      while (performance.now() < untilMs);
    }
    expect(await until('a job', 5_000, add)).toMatch(/^[\da-f-]{36}$/);
  });

  it('keeps nobody waiting for a Redis that freezes later, and goes on when it thaws', async () => {
    producer = await open();
    await until('a job', 5_000, add);
    await redis.process().signal('SIGSTOP');
    expect(await tookMs(add)).toBeLessThan(2_500);
    await redis.process().signal('SIGCONT');
    expect(await until('a job', 5_000, add)).toMatch(/^[\da-f-]{36}$/);
  });
});
