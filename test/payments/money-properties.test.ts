import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decimalsOf, toMajor, toMinor } from '../../src/money/money.ts';
import { type OrderStatus, OrderHistory } from '../../src/entities/orders.entity.ts';
import { Product } from '../../src/entities/catalog.entity.ts';
import { OutcomeUnknown, Undecided } from '../../src/errors.ts';
import { orderMoves, paymentMoves, refundMoves } from '../../src/orders/transitions.ts';
import { openShop, refusingGateway, type Shop, takingGateway } from '../support/api/shop.ts';
import { tireless } from '../support/upstreams/tireless-outage.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

test('an amount survives the way out and back, in every currency, to the last minor unit', () => {
  const currency = fc.constantFrom('USD', 'EUR', 'JPY', 'KWD', 'HUF', 'CLF');
  fc.assert(
    fc.property(fc.maxSafeNat(), currency, (minor, name) => {
      // A JSON number carries fifteen digits; larger amounts are refused at the edge.
      fc.pre(minor <= 1e15);
      expect(toMinor(toMajor(minor, name), name)).toBe(minor);
    }),
    { numRuns: 2_000 },
  );
});

test('an amount with more decimals than its currency has is no amount', () => {
  fc.assert(
    fc.property(fc.nat(1_000_000), fc.constantFrom('USD', 'JPY', 'KWD'), (units, currency) => {
      const tooFine = (units * 10 + 1) / 10 ** (decimalsOf(currency) + 1);
      expect(toMinor(tooFine, currency)).toBeUndefined();
    }),
  );
});

test('the total is the sum of the lines, and refunds of any sizes give back exactly that', async () => {
  // Less than half a dollar is never charged.
  const cents = fc.integer({ min: 50, max: 99_999 });
  const lines = fc.array(fc.record({ price: cents, quantity: fc.integer({ min: 1, max: 7 }) }), {
    minLength: 1,
    maxLength: 4,
  });
  const shares = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(lines, shares, async (wished, percents) => {
      const items: { product_id: number; quantity: number }[] = [];
      for (const { price: priceMinor, quantity } of wished) {
        const row = { title: 'Any', priceMinor, currency: 'USD', stock: null };
        items.push({ product_id: await shop.ctx.orm.em.fork().insert(Product, row), quantity });
      }
      const order = await shop.place({ items, payment_method: 'pm_card_visa' });
      const totalMinor = wished.reduce((sum, { price, quantity }) => sum + price * quantity, 0);
      expect(toMinor(order.total_amount, 'USD')).toBe(totalMinor);
      await shop.charge(order.id, takingGateway());

      let given = 0;
      const refund = async (body: object) => {
        const answer = await shop.send('POST', `/orders/${order.id}/refund`, { as: 'admin', body });
        if (answer.status !== 202) return;
        const gateway = {
          refund: async ({ key, amountMinor }: { key: string; amountMinor: number }) => {
            given += amountMinor;
            return { status: 'succeeded' as const, reference: `re_${key}` };
          },
        };
        await shop.refund(order.id, gateway);
      };
      for (const percent of percents)
        await refund({ amount: toMajor(Math.max(1, Math.floor((totalMinor * percent) / 100)), 'USD') });
      expect(given).toBeLessThanOrEqual(totalMinor);
      await refund({});
      expect(given).toBe(totalMinor);
      expect(await shop.read(order.id)).toMatchObject({ status: 'refunded', refunded_amount: order.total_amount });
    }),
    { numRuns: 15 },
  );
});

const steps = [
  'pay',
  'cancel',
  'take',
  'refuse',
  'lose',
  'lose and list',
  'ask buyer',
  'refund',
  'give back',
  'change',
] as const;

test('no sequence of requests, answers and faults leaves the tables, or keeps or takes a minor unit too much', async () => {
  const tables = { order: orderMoves, payment: paymentMoves, refund: refundMoves, dispute: {} };
  const any = fc.array(fc.constantFrom(...steps), { minLength: 4, maxLength: 12 });
  // Most come with a card: what matters begins with a charge.
  const card = fc.constantFrom({}, ...Array.from({ length: 3 }, () => ({ payment_method: 'pm_card_visa' })));
  await fc.assert(
    fc.asyncProperty(any, card, async (sequence, means) => {
      const product = await shop.stocked(10);
      const { id } = await shop.place({ items: [{ product_id: product, quantity: 2 }], ...means });
      // The gateway's own books: what it took under each key, whether or not anyone heard of it.
      const taken = new Map<string, number>();
      for (const step of sequence) await take(step, id, product, taken);

      const rows = await shop.ctx.orm.em.fork().find(OrderHistory, { order: id }, { orderBy: { id: 'asc' } });
      for (const { subject, fromStatus, toStatus } of rows) {
        const moves: Readonly<Record<string, readonly string[]>> = tables[subject];
        if (fromStatus)
          expect(`${subject} ${fromStatus}>${moves[fromStatus]?.find((to) => to === toStatus)}`).toBe(
            `${subject} ${fromStatus}>${toStatus}`,
          );
      }
      const payments = await shop.payments(id);
      expect(payments.filter(({ status }) => status !== 'failed' && status !== 'canceled').length).toBeLessThanOrEqual(
        1,
      );
      expect(taken.size).toBeLessThanOrEqual(1);
      const { status } = await shop.read(id);
      const isSettled: readonly OrderStatus[] = ['paid', 'partially_refunded', 'refunded'];
      if (isSettled.includes(status)) expect(taken.size).toBe(1);
      if (status === 'cancelled') expect(taken.size).toBe(0);
      expect(await shop.stockOf(product)).toBe(status === 'cancelled' ? 10 : 8);
    }),
    { numRuns: 40 },
  );
});

async function take(
  step: (typeof steps)[number],
  id: string,
  product: number,
  taken: Map<string, number>,
): Promise<void> {
  const silence = () => Promise.reject(new OutcomeUnknown('silence'));
  const charge = async ({ key, amountMinor }: { key: string; amountMinor: number }) => {
    taken.set(key, amountMinor);
    return { status: 'succeeded' as const, reference: `pi_${key}` };
  };
  const find = async ({ paymentId }: { paymentId: string }) => {
    const payment = (await shop.payments(id)).find((row) => row.id === paymentId);
    if (!payment || !taken.has(payment.gatewayKey)) throw new Undecided('not there yet');
    return { status: 'succeeded' as const, reference: `pi_${payment.gatewayKey}` };
  };
  const hasPayment = (await shop.read(id)).payment !== null;
  const attempt = async (gateway: Parameters<Shop['charge']>[1]) => {
    // A refused or waiting intent is known to the gateway as well; here only what was taken matters.
    if (hasPayment) await shop.charge(id, { find, ...gateway }, { outage: tireless }).catch(() => undefined);
  };
  const ask = (path: string, body: object, as: 'demo' | 'admin' = 'demo') =>
    shop.send('POST', `/orders/${id}/${path}`, { as, body });
  switch (step) {
    case 'pay':
      await ask('pay', { payment_method: 'pm_card_visa' });
      break;
    case 'cancel':
      await shop.send('DELETE', `/orders/${id}`, { as: 'demo' });
      break;
    case 'change':
      await shop.send('PATCH', `/orders/${id}`, {
        as: 'demo',
        body: { items: [{ product_id: product, quantity: 2 }] },
      });
      break;
    case 'take':
      await attempt({ charge });
      break;
    case 'refuse':
      // What was taken under a key is told again for it, whatever the card says now.
      await attempt({
        charge: async (asked) => (taken.has(asked.key) ? charge(asked) : refusingGateway.charge(asked)),
      });
      break;
    case 'lose':
      await attempt({ charge: silence });
      break;
    case 'lose and list':
      await attempt({ charge: async (asked) => charge(asked).then(silence) });
      break;
    case 'ask buyer':
      await attempt({
        charge: async (asked) =>
          taken.has(asked.key)
            ? charge(asked)
            : { status: 'requires_action', reference: `pi_${asked.key}`, clientSecret: 'secret' },
        lookUp: async (reference) => ({ status: 'requires_action', reference, clientSecret: 'secret' }),
        cancel: async (reference) => ({ status: 'canceled', reference }),
      });
      break;
    case 'refund':
      await ask('refund', { amount: 1 }, 'admin');
      break;
    case 'give back':
      if ((await shop.read(id)).refunds.length > 0)
        await shop.refund(id, { refund: async ({ key }) => ({ status: 'succeeded', reference: `re_${key}` }) });
      break;
  }
}
