import { randomUUIDv7 } from 'node:crypto';
import { UniqueConstraintViolationException } from '@mikro-orm/mysql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { orderStatuses, OrderHistory } from '../../src/entities/orders.entity.ts';
import { Payment, paymentStatuses } from '../../src/entities/payments.entity.ts';
import { IllegalMove, moveOrder, movePayment, orderMoves, paymentMoves } from '../../src/orders/transitions.ts';
import { openShop, type Shop } from '../support/api/shop.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

const at = new Date('2026-11-22T12:00:00.000Z');
const historyOf = (order: string) => shop.ctx.orm.em.fork().count(OrderHistory, { order });

describe('a move', () => {
  it('that the tables do not have is refused, whatever the row says', async () => {
    const { id, payment } = await shop.place();
    const before = await historyOf(id);
    for (const from of orderStatuses)
      for (const to of orderStatuses.filter((status) => !orderMoves[from].includes(status)))
        await expect(shop.ctx.transaction((tx) => moveOrder(tx, { id, from, to, at }))).rejects.toThrow(IllegalMove);
    for (const from of paymentStatuses)
      for (const to of paymentStatuses.filter((status) => !paymentMoves[from].includes(status)))
        await expect(
          shop.ctx.transaction((tx) => movePayment(tx, { id: payment?.id ?? '', order: id, from, to, at })),
        ).rejects.toThrow(IllegalMove);
    expect(await historyOf(id)).toBe(before);
    expect(await shop.read(id)).toMatchObject({ status: 'pending', payment: { status: 'processing' } });
  });

  it('from where the row no longer is is refused, and leaves no history', async () => {
    const { id } = await shop.place();
    const cancel = () =>
      shop.ctx.transaction((tx) => moveOrder(tx, { id, from: 'pending', to: 'cancelled', at, reason: 'requested' }));
    const moves = await Promise.allSettled([cancel(), cancel(), cancel()]);
    expect(moves.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const late = shop.ctx.transaction((tx) => moveOrder(tx, { id, from: 'pending', to: 'paid', at }));
    await expect(late).rejects.toThrow(`order ${id} is no longer 'pending'`);
    expect((await shop.read(id)).status).toBe('cancelled');
    expect(await historyOf(id)).toBe(3);
  });

  it('of a payment is held to the same', async () => {
    const { id, payment } = await shop.place();
    const settle = (to: 'succeeded' | 'failed') =>
      shop.ctx.transaction((tx) => movePayment(tx, { id: payment?.id ?? '', order: id, from: 'processing', to, at }));
    const settled = await Promise.allSettled([settle('succeeded'), settle('failed'), settle('succeeded')]);
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });
});

describe('the tables', () => {
  it('take one payment an order that has neither failed nor been canceled', async () => {
    const { id } = await shop.place();
    const [payment] = await shop.payments(id);
    const second = { ...payment, id: randomUUIDv7(), gatewayKey: randomUUIDv7(), jobId: randomUUIDv7() };
    const row = {
      ...second,
      order: id,
      user: 1,
      status: 'processing' as const,
      method: 'pm_card_visa',
      amountMinor: 1,
      currency: 'USD',
      gateway: 'stripe',
      createdAt: at,
      calls: 0,
    };
    await expect(shop.ctx.orm.em.fork().insert(Payment, row)).rejects.toThrow(UniqueConstraintViolationException);
    await shop.ctx.transaction((tx) =>
      movePayment(tx, { id: payment?.id ?? '', order: id, from: 'processing', to: 'failed', at }),
    );
    await shop.ctx.orm.em.fork().insert(Payment, row);
    expect(await shop.payments(id)).toHaveLength(2);
  });
});
