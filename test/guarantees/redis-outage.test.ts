import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { Order } from '../../src/entities/orders.entity.ts';
import { type Platform, type RedisServer, startPlatform } from '../support/processes/platform.ts';
import { patienceMs, until } from '../support/processes/process.ts';
import { readStream } from '../support/stores/stream-entries.ts';
import { placeOrder } from '../support/load/place-order.ts';

const outageMs = 12_000;
// Measured on a machine by itself, in `npm run chaos`.
const answeredWithinMs = Number(process.env['ANSWERED_WITHIN_MS'] ?? patienceMs);
const paidWithinMs = Number(process.env['REBUILT_WITHIN_MS'] ?? patienceMs);

const outages = [
  {
    name: 'frozen',
    begin: (redis: RedisServer) => redis.process().signal('SIGSTOP'),
    end: (redis: RedisServer) => redis.process().signal('SIGCONT'),
  },
  {
    name: 'killed and kept away',
    begin: (redis: RedisServer) => redis.process().signal('SIGKILL'),
    end: (redis: RedisServer) => redis.restart(),
  },
];

const opened: Platform[] = [];
afterAll(() => Promise.all(opened.map((platform) => platform.stop())));

// Each outage has a platform of its own, so that both are waited for at once.
describe.concurrent.each(outages)('Redis $name for 12 s', ({ begin, end }) => {
  test('every order is answered 201, and all are paid after its return, each charged once', async () => {
    const platform = await startPlatform({ ownRedis: true });
    opened.push(platform);
    const { redisServer } = platform;
    if (!redisServer) throw new Error('a Redis of its own was asked for');
    await begin(redisServer);
    const back = performance.now() + outageMs;
    const ids: string[] = [];
    while (performance.now() < back) {
      const before = performance.now();
      ids.push(await placeOrder(platform));
      expect(performance.now() - before).toBeLessThan(answeredWithinMs);
      // The buyers' own pace; what is waited for below is the outage's end.
      await sleep(250);
    }
    await end(redisServer);

    const em = platform.orm.em.fork();
    await until(
      'all paid',
      async () => ((await em.count(Order, { id: { $in: ids }, status: 'paid' })) === ids.length ? true : undefined),
      paidWithinMs,
    );
    const charged = (await platform.sandbox.ledger())
      .map(({ order_id }) => order_id ?? '')
      .filter((id) => ids.includes(id));
    expect(charged.toSorted()).toEqual(ids.toSorted());
    const types = await until('all announced', async () => {
      const events = (await readStream(platform.redis, 'orders')).filter(({ subject }) => ids.includes(subject));
      return new Set(events.map(({ id }) => id)).size === ids.length * 2
        ? events.map(({ subject, version }) => `${subject} ${version}`)
        : undefined;
    });
    expect(types.length).toBe(ids.length * 2);
  });
});
