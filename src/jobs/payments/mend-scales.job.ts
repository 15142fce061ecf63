import { z } from 'zod';
import type { EntityManager, InferEntity } from '@mikro-orm/mysql';
import type { JobContext } from '../../context.ts';
import { toMajor } from '../../money/money.ts';
import { Order } from '../../entities/orders.entity.ts';
import { Payment } from '../../entities/payments.entity.ts';
import { Product } from '../../entities/catalog.entity.ts';
import { Setting } from '../../entities/ops.entity.ts';
import { mendScale } from '../../payments/mend-scale.ts';
import { selectRow } from '../../mysql/rows.ts';
import { defineJob } from '../define-job.ts';
import { keepLetter } from '../../ops/dead-letters.ts';
import { upkeep as queue } from '../queues.ts';

// Currencies that display data has at some time given other decimals than ISO 4217 does, and those that the gateway counts
// in another unit: only in these can an old amount be wrong.
const disputed =
  `AFN ALL AMD COP CRC GYD HUF IDR IQD IRR ISK KPW LAK LBP MGA MMK MNT MUR PKR RSD SLE SOS SYP TWD TZS UGX UZS YER`.split(
    /\s+/,
  );
/** Written by the migration: what is older was counted by display data. */
const since = 'amounts.standard_since';
/** The last order that has been looked at. */
const place = 'amounts.mended_to';
const batch = 100;
const nobody = 0;

const Count = z.object({ same: z.int(), mended: z.int(), flagged: z.int() });
type Count = z.output<typeof Count>;

/**
 * Compares orders that were stored before amounts had the decimals of ISO 4217 with what the gateway says it took, and gives
 * them the decimals that they lack. What nobody can know, a price or an unpaid order, stays as it is and is flagged for people:
 * a dead letter each, whose replay compares once more. It looks at each order once; again is harmless.
 */
export const mendScales = defineJob(
  {
    kind: 'mend-scales',
    summary:
      'Compare amounts of before ISO 4217’s decimals with the gateway’s, mend them, and flag what cannot be known.',
    queue,
    payload: z.object({ order_id: z.uuid().optional() }),
    result: Count,
    attempts: 5,
    backoffMs: 60_000,
    maxBackoffMs: 600_000,
    timeoutMs: 600_000,
    everyMs: 3_600_000,
  },
  async ({ payload: { order_id }, signal }, ctx: JobContext) => {
    const count: Count = { same: 0, mended: 0, flagged: 0 };
    const began = await selectRow(ctx.em, Setting, { name: since });
    if (!began) return count;
    const before = new Date(began.value);
    if (order_id !== undefined) {
      for (const order of await ordersOf(ctx.em, before, { id: order_id })) await look(ctx, order, count);
      return count;
    }
    let last = (await selectRow(ctx.em, Setting, { name: place }))?.value;
    // Products cannot be compared with anything: they are told of when the first order is looked for.
    if (last === undefined) await flagPrices(ctx, before, count);
    for (;;) {
      const orders = await ordersOf(ctx.em, before, { id: { $gt: last ?? '' } });
      for (const order of orders) {
        signal.throwIfAborted();
        await look(ctx, order, count);
      }
      const next = orders.at(-1)?.id ?? last ?? '';
      if (next !== last) await remember(ctx, next);
      last = next;
      if (orders.length < batch) return count;
    }
  },
);

type OldOrder = InferEntity<typeof Order>;

function ordersOf(em: EntityManager, before: Date, which: Readonly<{ id: string | { $gt: string } }>) {
  const where = { ...which, currency: { $in: disputed }, createdAt: { $lt: before } };
  return em.find(Order, where, { orderBy: { id: 'asc' }, limit: batch, disableIdentityMap: true });
}

async function look(ctx: JobContext, order: OldOrder, count: Count): Promise<void> {
  const verdict = await compare(ctx, order);
  if (verdict === 'same' || verdict === 'mended') count[verdict] += 1;
  else await flag(ctx, `order-${order.id}`, { order_id: order.id }, `order ${order.id}: ${verdict}`, count);
}

/** The verdict, or why there is none. */
async function compare(
  { em, payments: { gateways }, transaction }: JobContext,
  { id, currency }: OldOrder,
): Promise<string> {
  const where = { order: id, gatewayReference: { $ne: null } };
  const asked = await em.find(Payment, where, { orderBy: { id: 'desc' }, disableIdentityMap: true });
  const payment = asked.find(({ status }) => status === 'succeeded') ?? asked[0];
  const unknown = `whether its ${currency} were counted with decimals is not known`;
  if (!payment?.gatewayReference) return `${unknown}: it has never been charged`;
  const gateway = gateways.all.find(({ name }) => name === payment.gateway);
  const told = await gateway?.charged(payment.gatewayReference);
  if (!told) return `${unknown}: '${payment.gateway}' does not say what it took for ${payment.gatewayReference}`;
  const verdict = await transaction((tx) => mendScale(tx, { orderId: id, paymentId: payment.id, told }));
  if (verdict !== 'differs') return verdict;
  const ours = toMajor(payment.amountMinor, currency);
  return `its payment is of ${ours} ${currency}, and '${payment.gateway}' has ${toMajor(told.amountMinor, told.currency)} ${told.currency}`;
}

async function flagPrices(ctx: JobContext, before: Date, count: Count): Promise<void> {
  const old = { currency: { $in: disputed }, updatedAt: { $lt: before }, deletedAt: null };
  const options = { orderBy: { id: 'asc' }, limit: batch, disableIdentityMap: true } as const;
  for (let last = 0, isMore = true; isMore; ) {
    const products = await ctx.em.find(Product, { ...old, id: { $gt: last } }, options);
    for (const { id, priceMinor, currency } of products) {
      const price = `${toMajor(priceMinor, currency)} ${currency}`;
      const why = `product ${id}: its price reads ${price}, and may have been meant without decimals; set it again`;
      await flag(ctx, `product-${id}`, { product_id: id }, why, count);
    }
    last = products.at(-1)?.id ?? last;
    isMore = products.length === batch;
  }
}

async function flag(ctx: JobContext, name: string, payload: object, reason: string, count: Count): Promise<void> {
  const letter = { kind: mendScales.kind, jobId: `scale-${name}`, payload, reason, attempts: 0, diedAt: ctx.now() };
  await ctx.transaction((tx) => keepLetter(tx, letter));
  ctx.log.warn({ name }, 'mend-scales: an amount of before is for people to look at');
  count.flagged += 1;
}

async function remember({ transaction, now }: JobContext, value: string): Promise<void> {
  const row = { name: place, value, changedBy: nobody, changedAt: now() };
  await transaction((tx) => tx.upsert(Setting, row, { onConflictFields: ['name'] }));
}
