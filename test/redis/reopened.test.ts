import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../support/processes/platform.ts';
import { until, untilTrue } from '../support/processes/process.ts';

// Longer than any connection waits for an answer, and than it takes to open them all anew.
const outageMs = 7_000;

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ ownRedis: true });
});
afterAll(() => platform.stop());

/** How many connections Redis has taken so far, and how many times a worker has asked for a job. */
async function figures() {
  const [stats, commands] = [await platform.redis.info('stats'), await platform.redis.info('commandstats')];
  return {
    connections: Number(/total_connections_received:(\d+)/.exec(stats)?.[1]),
    reads: Number(/cmdstat_bzpopmin:calls=(\d+)/.exec(commands)?.[1]),
  };
}

/** How many connections are opened while the worker asks for a job sixty times: several times on each queue, over its own reads' time. */
async function openedMeanwhile(): Promise<number> {
  const before = await figures();
  return until('the worker asks for jobs', async () => {
    const { connections, reads } = await figures();
    return reads - before.reads > 60 ? connections - before.connections : undefined;
  });
}

test('once a Redis that was silent for long answers again, API and worker stay with the connections that they have then', async () => {
  const [api, worker] = [platform.apis[0], platform.workers[0]];
  const read = () => platform.send('GET', '/market/quotes?symbols=AAPL');
  expect((await read()).status).toBe(200);
  await platform.redis.ping();
  await platform.redisServer?.process().signal('SIGSTOP');
  await Promise.all([
    sleep(outageMs),
    untilTrue(async () => {
      await read();
      return [api, worker].every((some) => some?.output().includes('Redis is away'));
    }),
  ]);
  await platform.redisServer?.process().signal('SIGCONT');
  await until('all is ready', async () => {
    const answers = await Promise.all(platform.healths.map((health) => fetch(`${health}/readyz`)));
    return answers.every(({ ok }) => ok) || undefined;
  });
  // A read that went out shortly before the thaw is answered too late once more; then nothing is left of the outage.
  await untilTrue(async () => (await openedMeanwhile()) === 0);
});
