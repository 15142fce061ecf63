import { expect } from 'vitest';
import { EventLog, OutboxMessage } from '../../../src/entities/outbox.entity.ts';
import { IdempotencyKey } from '../../../src/entities/ops.entity.ts';
import { Order, OrderHistory } from '../../../src/entities/orders.entity.ts';
import { orderMoves, paymentMoves, refundMoves } from '../../../src/orders/transitions.ts';
import type { Platform } from '../processes/platform.ts';
import { patienceMs, until } from '../processes/process.ts';
import { readStream } from '../stores/stream-entries.ts';
import type { Bought } from './buyers.ts';

const tables = { order: orderMoves, payment: paymentMoves, refund: refundMoves, dispute: {} };

/** Resolves when nothing is pending any more, in MySQL and on its way out of it, and returns how long that took, ms. */
export async function untilTerminal({ orm }: Platform, since: number, deadlineMs = patienceMs): Promise<number> {
  const em = () => orm.em.fork();
  const open = { status: 'pending' as const };
  let left = 'nothing is known';
  await until(
    () => `every order is over: ${left}`,
    async () => {
      const orders = await em().count(Order, open);
      const messages = (await em().count(OutboxMessage, {})) + (await em().count(EventLog, { position: null }));
      left = `${orders} orders pending, ${messages} messages unsent`;
      return orders + messages === 0 ? true : undefined;
    },
    deadlineMs - (performance.now() - since),
  );
  return performance.now() - since;
}

/** Holds what MySQL says against the gateway's own ledger, and against what buyers were told. */
export async function expectWhole({ orm, sandbox, redis }: Platform, bought: readonly Bought[]): Promise<void> {
  const em = orm.em.fork();
  const orders = await em.find(Order, {});
  const ids = orders.map(({ id }) => id).toSorted();
  // Nobody who was answered 201 is without an order, nobody has two, and no order is anybody's.
  expect(bought.map(({ id }) => id).toSorted()).toEqual(ids);
  expect(await em.count(IdempotencyKey, {})).toBe(bought.length);

  const ledger = await sandbox.ledger();
  const paid = orders.filter(({ status }) => status === 'paid');
  expect(orders.filter(({ status }) => status !== 'paid' && status !== 'payment_failed')).toEqual([]);
  // Each paid order was charged once, at its own price; nothing else was charged.
  expect(ledger.map(({ order_id, amount }) => `${order_id} ${amount}`).toSorted()).toEqual(
    paid.map(({ id, totalMinor }) => `${id} ${totalMinor}`).toSorted(),
  );
  const sumOf = (amounts: readonly number[]) => amounts.reduce((sum, amount) => sum + amount, 0);
  expect(sumOf(ledger.map(({ amount }) => amount))).toBe(sumOf(paid.map(({ totalMinor }) => totalMinor)));

  for (const { subject, fromStatus, toStatus } of await em.find(OrderHistory, {})) {
    const moves: Readonly<Record<string, readonly string[]>> = tables[subject];
    if (fromStatus) expect(moves[fromStatus], `${subject} ${fromStatus} > ${toStatus}`).toContain(toStatus);
  }
  const logged = Map.groupBy(await em.find(EventLog, {}, { orderBy: { position: 'asc' } }), ({ subject }) => subject);
  // An event has its position before it is appended.
  const announced = await until('all that is logged is announced', async () => {
    const events = Map.groupBy(await readStream(redis, 'orders'), ({ subject }) => subject);
    const isWhole = (id: string) => new Set(events.get(id)?.map((event) => event.id)).size >= 2;
    return ids.every(isWhole) ? events : undefined;
  });
  for (const { id, status } of orders) {
    const expected = ['1 order.created', `2 order.${status}`];
    expect(logged.get(id)?.map(({ version, type }) => `${version} ${type}`)).toEqual(expected);
    // At least once, in order: what comes again is recognised by its id.
    const seen = new Map(announced.get(id)?.map((event) => [event.id, `${event.version} ${event.type}`]));
    expect([...seen.values()]).toEqual(expected);
  }
}
