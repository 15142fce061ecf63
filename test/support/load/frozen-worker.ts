import { expect } from 'vitest';
import { OrderHistory } from '../../../src/entities/orders.entity.ts';
import type { Platform } from '../processes/platform.ts';
import { until } from '../processes/process.ts';
import { announcedOf } from '../stores/stream-entries.ts';
import type { KillPoint } from './kill-points.ts';
import { placeOrder, untilPaid } from './place-order.ts';
import { openStand } from './restarted-process.ts';

/**
 * Freezes the platform's only worker where it works on an order, and holds against it that another pays the order all the same;
 * that, thawed, it spoils nothing of it; and that it then goes on, alone. Returns how long the order had to wait for another, ms.
 */
export async function expectFrozenHarmless(platform: Platform, { name, place }: KillPoint): Promise<number> {
  const { sandbox } = platform;
  const stand = await openStand(platform, 'worker');
  try {
    await stand.start();
    if (place.link === 'gateway') await sandbox.hold(place.hold);
    else stand[place.link].set(place.trap);
    const id = await placeOrder(platform);
    await until(`a byte is held: ${name}`, async () => {
      const isHeld = place.link === 'gateway' ? (await sandbox.held()) > 0 : stand[place.link].isHolding();
      return isHeld || undefined;
    });
    await stand.process().signal('SIGSTOP');
    const frozenAt = performance.now();
    // What it was about to say it says when it is thawed; what was to be said to it arrives, and is not read.
    if (place.link === 'gateway') await sandbox.release();
    const other = await platform.startWorker();
    await untilPaid(platform, id);
    const waitedMs = performance.now() - frozenAt;
    await other.signal('SIGKILL');
    await stand.process().signal('SIGCONT');
    if (place.link !== 'gateway') stand[place.link].release();

    const next = await placeOrder(platform);
    await untilPaid(platform, next);
    // It ends when all that it has begun has ended.
    await stand.process().signal('SIGTERM');
    await expectPaidOnce(platform, [id, next]);
    return waitedMs;
  } finally {
    await stand.close();
  }
}

async function expectPaidOnce({ orm, redis, sandbox }: Platform, ids: readonly string[]): Promise<void> {
  const em = orm.em.fork();
  const order = { $in: [...ids] };
  const charged = (await sandbox.ledger()).flatMap(({ order_id: id }) => (id && ids.includes(id) ? [id] : []));
  expect(charged.toSorted()).toEqual(ids.toSorted());
  expect(await em.count(OrderHistory, { order, toStatus: 'paid' })).toBe(ids.length);
  for (const id of ids) expect(await announcedOf(redis, id, 2)).toEqual(['1 order.created', '2 order.paid']);
}
