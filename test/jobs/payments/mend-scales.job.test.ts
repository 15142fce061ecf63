import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DeadLetter, Setting } from '../../../src/entities/ops.entity.ts';
import { Product } from '../../../src/entities/catalog.entity.ts';
import { OutcomeUnknown } from '../../../src/errors.ts';
import type { ListedCharge } from '../../../src/gateways/payments/payment-gateway.ts';
import { toldAmount } from '../../../src/gateways/stripe/amounts.ts';
import { mendScales } from '../../../src/jobs/payments/mend-scales.job.ts';
import { answering, openShop, type Shop, takingGateway } from '../../support/api/shop.ts';
import { performJob } from '../../support/api/perform-job.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
  // All that a test stores is older than the standard's decimals.
  const value = new Date(Date.now() + 3_600_000).toISOString();
  await em().nativeUpdate(Setting, { name: 'amounts.standard_since' }, { value });
});
afterAll(() => shop.close());
beforeEach(async () => {
  await em().nativeDelete(Setting, { name: 'amounts.mended_to' });
  await em().nativeDelete(DeadLetter, {});
  for (const table of ['refunds', 'payments', 'order_lines', 'order_history', 'orders', 'products'])
    await em().execute(`delete from ${table} where ${table === 'products' ? 'id > 2' : 'true'}`);
});

const em = () => shop.ctx.orm.em.fork();

/** An order as it was stored when its currency had no decimals, charged in what the gateway called its amount. */
async function oldOrder(currency: string, price: number, { isCharged = true, refund = 0 } = {}) {
  const product = Number(await em().insert(Product, { title: 'Old', priceMinor: price, currency, stock: null }));
  const body = { items: [{ product_id: product, quantity: 2 }], payment_method: 'pm_card_visa' };
  const { id } = await shop.place(isCharged ? body : { items: body.items });
  if (isCharged) await shop.charge(id, takingGateway());
  if (refund > 0) {
    await shop.send('POST', `/orders/${id}/refund`, { as: 'admin', body: { amount: refund } });
    await shop.refund(id, { refund: async ({ key }) => ({ status: 'succeeded', reference: `re_${key}` }) });
  }
  await em().nativeDelete(Product, { id: product });
  return id;
}

/** Runs the job beside a gateway in whose books each charge has this amount, in the gateway's own unit. */
async function mend(books: Readonly<Record<string, number>>, payload: { order_id?: string } = {}) {
  const charged = async (reference: string): Promise<ListedCharge | undefined> => {
    for (const [id, amount] of Object.entries(books)) {
      const [payment] = await shop.payments(id);
      if (payment?.gatewayReference !== reference) continue;
      const told = toldAmount({ amount, currency: payment.currency.toLowerCase() });
      return { orderId: id, paymentId: payment.id, ...told, reference, outcome: { status: 'succeeded', reference } };
    }
    return undefined;
  };
  return performJob(mendScales, payload, {
    ...shop.ctx,
    payments: { ...shop.ctx.payments, gateways: answering(shop.ctx.payments.gateways, { charged }) },
  });
}

const letters = async () =>
  (await em().find(DeadLetter, {}, { orderBy: { jobId: 'asc' } })).map(({ jobId, reason }) => `${jobId} ${reason}`);

describe('mend-scales', () => {
  it('gives an order the decimals that it lacks, when the gateway took so much: total, lines, payment and refunds', async () => {
    // 80.00 ariary to the standard, of which the gateway took 8,000.
    const id = await oldOrder('MGA', 400_000, { refund: 1_000 });
    for (const [table, columns] of [
      ['orders', ['total_minor', 'refunded_minor']],
      ['order_lines', ['unit_price_minor', 'line_total_minor']],
      ['payments', ['amount_minor']],
      ['refunds', ['amount_minor']],
    ] as const)
      for (const column of columns) await em().execute(`update ${table} set ${column} = ${column} / 100`);
    expect(await shop.read(id)).toMatchObject({ total_amount: 80 });
    expect(await mend({ [id]: 8_000 })).toEqual({ same: 0, mended: 1, flagged: 0 });
    expect(await shop.read(id)).toMatchObject({
      total_amount: 8_000,
      refunded_amount: 1_000,
      items: [{ unit_price: 4_000, line_total: 8_000 }],
      refunds: [{ amount: 1_000 }],
    });
    expect((await shop.payments(id))[0]?.amountMinor).toBe(800_000);
    // Each is looked at once, and once more changes nothing.
    expect(await mend({ [id]: 8_000 })).toEqual({ same: 0, mended: 0, flagged: 0 });
    expect(await mend({ [id]: 8_000 }, { order_id: id })).toEqual({ same: 1, mended: 0, flagged: 0 });
    expect(await letters()).toEqual([]);
  });

  it('leaves what is as the gateway has it, and what was never in dispute', async () => {
    const forints = await oldOrder('HUF', 18_925);
    await oldOrder('USD', 5_000);
    expect(await mend({ [forints]: 37_850 })).toEqual({ same: 1, mended: 0, flagged: 0 });
    expect(await shop.read(forints)).toMatchObject({ total_amount: 378.5 });
  });

  it('flags what differs otherwise or cannot be known, once, and changes nothing of it', async () => {
    const krona = await oldOrder('ISK', 2_100);
    const unheard = await oldOrder('HUF', 18_925);
    const unpaid = await oldOrder('IDR', 5_000_000, { isCharged: false });
    const product = Number(
      await em().insert(Product, { title: 'Paprika', priceMinor: 5_000, currency: 'HUF', stock: null }),
    );
    // The gateway took 4,200 hundredths of a króna: 42.
    expect(await mend({ [krona]: 4_200 })).toEqual({ same: 0, mended: 0, flagged: 4 });
    const told = [
      expect.stringMatching(`scale-order-${krona} .* its payment is of 4200 ISK, and 'stripe' has 42 ISK`),
      expect.stringMatching(`scale-order-${unheard} .* 'stripe' does not say`),
      expect.stringMatching(`scale-order-${unpaid} .* never been charged`),
      expect.stringMatching(`scale-product-${product} .* reads 50 HUF`),
    ];
    expect(await letters()).toEqual(told);
    expect(await shop.read(krona)).toMatchObject({ total_amount: 4_200 });
    expect(await shop.read(unpaid)).toMatchObject({ total_amount: 100_000 });
    await em().nativeDelete(Setting, { name: 'amounts.mended_to' });
    await mend({ [krona]: 4_200 });
    expect(await letters()).toEqual(told);
  });

  it('goes on where it was when the gateway did not answer', async () => {
    const [one, other] = [await oldOrder('HUF', 18_925), await oldOrder('HUF', 18_926)];
    const silence = { charged: () => Promise.reject(new OutcomeUnknown('silence')) };
    const gateways = answering(shop.ctx.payments.gateways, silence);
    const ctx = { ...shop.ctx, payments: { ...shop.ctx.payments, gateways } };
    await expect(performJob(mendScales, {}, ctx)).rejects.toThrow('silence');
    expect(await mend({ [one]: 37_850, [other]: 37_852 })).toEqual({ same: 2, mended: 0, flagged: 0 });
    expect(await letters()).toEqual([]);
  });

  it('looks at nothing that is of the standard’s time', async () => {
    const value = new Date(Date.now() - 3_600_000).toISOString();
    await oldOrder('HUF', 18_925, { isCharged: false });
    const where = { name: 'amounts.standard_since' };
    const { value: later } = await em().findOneOrFail(Setting, where);
    await em().nativeUpdate(Setting, where, { value });
    expect(await mend({})).toEqual({ same: 0, mended: 0, flagged: 0 });
    await em().nativeUpdate(Setting, where, { value: later });
  });
});
