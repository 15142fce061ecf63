import { z } from '@hono/zod-openapi';
import type { EntityManager, InferEntity } from '@mikro-orm/mysql';
import { orderStatuses, OrderHistory, OrderLine } from '../../entities/orders.entity.ts';
import { Payment, paymentStatuses, Refund, refundStatuses } from '../../entities/payments.entity.ts';
import type { OrderRow, PaymentRow, RefundRow } from '../../orders/order.ts';
import { exampleOrder } from '../docs/examples.ts';
import { toMajor } from '../../money/money.ts';

/** A line of an order. */
export const LineView = z.object({
  product_id: z.int(),
  title: z.string(),
  quantity: z.int(),
  unit_price: z.number(),
  line_total: z.number(),
  fx_rate: z.number().optional().openapi({ description: 'Of a converted line: the rate it was converted at.' }),
});
const PaymentView = z.object({
  id: z.string(),
  status: z.enum(paymentStatuses),
  method: z.string(),
  failure_code: z.string().nullable(),
  failure_detail: z.string().nullable(),
  client_secret: z.string().optional().openapi({
    description: 'For the owner alone, while the status is requires_action: what the gateway’s form needs.',
  }),
});

const RefundView = z.object({
  id: z.string(),
  status: z.enum(refundStatuses).openapi({
    description:
      'processing until the gateway says it has succeeded; unknown: asked for, and nobody heard the answer yet. ' +
      'One that has succeeded can still fail.',
  }),
  amount: z.number(),
  reason: z.string().nullable(),
  failure_code: z.string().nullable(),
});

/** An order as the API shows it; money in major units. `payment` is the last one, if any. */
export const OrderView = z
  .object({
    id: z.string(),
    user_id: z.int(),
    status: z.enum(orderStatuses).openapi({
      description: 'partially_refunded and refunded count the refunds that have succeeded, and no other.',
    }),
    items: z.array(LineView),
    total_amount: z.number(),
    currency: z.string(),
    fx_rate: z.number().nullable().openapi({
      description: 'Units of `currency` for one of the products’; null when none was needed, or several.',
    }),
    fx_source: z.string().nullable(),
    fx_as_of: z.string().nullable().openapi({ description: 'For when the rate holds; of several the oldest.' }),
    refunded_amount: z.number().openapi({ description: 'What the gateway has given back, as far as it says.' }),
    refunds: z.array(RefundView),
    payment: PaymentView.nullable(),
    created_at: z.string(),
    paid_at: z.string().nullable(),
  })
  .openapi('Order');

/** The content of an answer that is an order. */
export const orderContent = { 'application/json': { schema: OrderView, example: exampleOrder } };

/** An order as MySQL holds it. */
type LineRow = Pick<
  InferEntity<typeof OrderLine>,
  'productId' | 'title' | 'quantity' | 'unitPriceMinor' | 'lineTotalMinor' | 'fxRate'
>;
type ShownOrder = Pick<OrderRow, 'id' | 'user' | 'status' | 'totalMinor' | 'currency' | 'createdAt' | 'paidAt'> &
  Partial<Pick<OrderRow, 'fxRate' | 'fxSource' | 'fxAsOf'>> &
  Readonly<{ refundedMinor: number }>;
type ShownPayment = Pick<PaymentRow, 'id' | 'status' | 'method' | 'failureCode' | 'failureDetail'> &
  Partial<Pick<PaymentRow, 'clientSecret'>>;

/** The view of one order from its rows, as `viewerId` may see it. */
export function orderView(
  order: ShownOrder,
  lines: readonly LineRow[],
  payment: ShownPayment | undefined,
  viewerId: number,
  refunds: readonly RefundRow[] = [],
): z.input<typeof OrderView> {
  const { currency } = order;
  return {
    id: order.id,
    user_id: order.user,
    status: order.status,
    items: lines.map(({ productId, title, quantity, unitPriceMinor, lineTotalMinor, fxRate }) => ({
      product_id: productId,
      title,
      quantity,
      unit_price: toMajor(unitPriceMinor, currency),
      line_total: toMajor(lineTotalMinor, currency),
      ...(fxRate ? { fx_rate: Number(fxRate) } : {}),
    })),
    total_amount: toMajor(order.totalMinor, currency),
    currency,
    fx_rate: order.fxRate ? Number(order.fxRate) : null,
    fx_source: order.fxSource ?? null,
    fx_as_of: order.fxAsOf?.toISOString() ?? null,
    refunded_amount: toMajor(order.refundedMinor, currency),
    refunds: refunds.map(({ id, status, amountMinor, reason, failureCode }) => ({
      id,
      status,
      amount: toMajor(amountMinor, currency),
      reason: reason ?? null,
      failure_code: failureCode ?? null,
    })),
    payment: payment
      ? {
          id: payment.id,
          status: payment.status,
          method: payment.method,
          failure_code: payment.failureCode ?? null,
          failure_detail: payment.failureDetail ?? null,
          ...secretFor(viewerId, order, payment),
        }
      : null,
    created_at: order.createdAt.toISOString(),
    paid_at: order.paidAt?.toISOString() ?? null,
  };
}

/** Who has the secret can complete the payment, so nobody but the order's owner is shown it. */
function secretFor(viewerId: number, { user }: ShownOrder, { clientSecret }: ShownPayment) {
  return clientSecret && user === viewerId ? { client_secret: clientSecret } : {};
}

/** The views of orders, in their order, with three queries however many there are, or four where one has been paid anew in vain. */
export async function orderViews(
  em: EntityManager,
  orders: readonly OrderRow[],
  viewerId: number,
): Promise<z.input<typeof OrderView>[]> {
  const of = { order: { $in: orders.map(({ id }) => id) } };
  const lines = await em.find(OrderLine, of, { orderBy: { position: 'asc' }, disableIdentityMap: true });
  const payments = await em.find(Payment, of, { orderBy: { id: 'asc' }, disableIdentityMap: true });
  const refunds = await em.find(Refund, of, { orderBy: { id: 'asc' }, disableIdentityMap: true });
  const refundsByOrder = Map.groupBy(refunds, ({ order }) => order);
  const linesByOrder = Map.groupBy(lines, ({ order }) => order);
  const lastPayment = await lastPayments(em, payments);
  return orders.map((order) => {
    const { id } = order;
    return orderView(order, linesByOrder.get(id) ?? [], lastPayment.get(id), viewerId, refundsByOrder.get(id));
  });
}

/** Each order's payment that is alive, else the one made last. Their ids do not tell: they may be of processes with other clocks. */
async function lastPayments(em: EntityManager, payments: readonly PaymentRow[]): Promise<Map<string, PaymentRow>> {
  const byOrder = Map.groupBy(payments, ({ order }) => order);
  const doubtful = [...byOrder].flatMap(([order, its]) => (its.length > 1 && !its.some(isLive) ? [order] : []));
  const begun = { order: { $in: doubtful }, subject: 'payment' as const, fromStatus: null };
  const beginnings =
    doubtful.length > 0 ? await em.find(OrderHistory, begun, { orderBy: { id: 'asc' }, disableIdentityMap: true }) : [];
  const lastBegun = new Map(beginnings.map(({ order, subjectId }) => [order, subjectId]));
  return new Map(
    [...byOrder].flatMap(([order, its]) => {
      const last = its.find(isLive) ?? its.find(({ id }) => id === lastBegun.get(order)) ?? its.at(-1);
      return last ? [[order, last] as const] : [];
    }),
  );
}

function isLive({ liveOrderId }: PaymentRow): boolean {
  return typeof liveOrderId === 'string';
}
