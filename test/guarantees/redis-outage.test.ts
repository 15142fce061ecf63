import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Order } from '../../src/entities/order.entity.ts';
import { type Platform, startPlatform } from '../platform.ts';
import { until } from '../process.ts';
import { readStream } from '../stream-entries.ts';
import { placeOrder } from './shopping.ts';

const outageMs = 12_000;

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ ownRedis: true });
});
afterAll(() => platform.stop());

const outages = [
  {
    name: 'frozen',
    begin: () => platform.redisServer?.process().signal('SIGSTOP'),
    end: () => platform.redisServer?.process().signal('SIGCONT'),
  },
  {
    name: 'killed and kept away',
    begin: () => platform.redisServer?.process().signal('SIGKILL'),
    end: () => platform.redisServer?.restart(),
  },
];

describe.each(outages)('Redis $name for 12 s', ({ begin, end }) => {
  test('every order is answered 201 within 2 s, and all are paid within 15 s of its return, each charged once', async () => {
    await begin();
    const back = performance.now() + outageMs;
    const ids: string[] = [];
    while (performance.now() < back) {
      const before = performance.now();
      ids.push(await placeOrder(platform));
      expect(performance.now() - before).toBeLessThan(2_000);
      // The buyers' own pace; what is waited for below is the outage's end.
      await sleep(250);
    }
    await end();

    const em = platform.orm.em.fork();
    await until('all paid', 15_000, async () =>
      (await em.count(Order, { id: { $in: ids }, status: 'paid' })) === ids.length ? true : undefined,
    );
    const charged = (await platform.sandbox.ledger())
      .map(({ order_id }) => order_id ?? '')
      .filter((id) => ids.includes(id));
    expect(charged.toSorted()).toEqual(ids.toSorted());
    const types = await until('all announced', 15_000, async () => {
      const events = (await readStream(platform.redis, 'orders')).filter(({ subject }) => ids.includes(subject));
      return new Set(events.map(({ id }) => id)).size === ids.length * 2
        ? events.map(({ subject, version }) => `${subject} ${version}`)
        : undefined;
    });
    expect(types.length).toBe(ids.length * 2);
  }, 90_000);
});
