import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { openProducer, type Producer } from '../../src/jobs/enqueue.ts';
import { pruneTokens } from '../../src/jobs/accounts/prune-tokens.job.ts';
import { impatientRedis } from '../../src/redis/connection.ts';
import { type RedisServer, startRedis } from '../support/processes/platform.ts';
import { until } from '../support/processes/process.ts';
import { ownData } from '../support/stores/servers.ts';

/** A Redis of a test's own. */
async function withRedis(test: (redis: RedisServer, open: () => Promise<Adding>) => Promise<void>): Promise<void> {
  const redis = await startRedis();
  const producers: Producer[] = [];
  try {
    await test(redis, async () => {
      const producer = openProducer(impatientRedis(readConfig({ ...(await ownData()), ...redis.env })));
      producers.push(producer);
      return () => producer.enqueue(pruneTokens, {}).catch(() => undefined);
    });
  } finally {
    await redis.process().signal('SIGCONT');
    await Promise.all(producers.map((producer) => producer.close()));
    await redis.stop();
  }
}
/** Adds a job; undefined when that fails. */
type Adding = () => Promise<string | undefined>;
const jobId = /^[\da-f-]{36}$/;

describe.concurrent('a producer', () => {
  it.each([
    ['frozen', 'SIGSTOP'],
    ['away', 'SIGKILL'],
  ] as const)('that was opened while Redis was %s adds jobs as soon as it is back', (_how, signal) =>
    withRedis(async (redis, open) => {
      await redis.process().signal(signal);
      const add = await open();
      expect(await add()).toBeUndefined();
      // By now the very first command is overdue.
      expect(await add()).toBeUndefined();
      if (signal === 'SIGSTOP') await redis.process().signal('SIGCONT');
      else await redis.restart();
      expect(await until('a job', add)).toMatch(jobId);
    }),
  );

  it('keeps nobody waiting for a Redis that freezes later, and goes on when it thaws', () =>
    withRedis(async (redis, open) => {
      const add = await open();
      await until('a job', add);
      await redis.process().signal('SIGSTOP');
      expect(await add()).toBeUndefined();
      await redis.process().signal('SIGCONT');
      expect(await until('a job', add)).toMatch(jobId);
    }));
});

it('a producer that was opened by a process too busy to hear the answer in time adds jobs afterwards', () =>
  withRedis(async (_redis, open) => {
    const add = await open();
    for (let round = 0; round < 10; round += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      // As busy as can be, seen from outside, and without heating anything.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, round > 2 ? 150 : 1_100);
    }
    expect(await until('a job', add)).toMatch(jobId);
  }));
