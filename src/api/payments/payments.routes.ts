import { z } from '@hono/zod-openapi';
import { paymentStatuses, Payment } from '../../entities/payments.entity.ts';
import type { PaymentRow } from '../../orders/order.ts';
import { toMajor } from '../../money/money.ts';
import type { InferEntity } from '@mikro-orm/mysql';
import type { Context as HonoContext } from 'hono';
import { Problem } from '../../errors.ts';
import { AfterUuid, readCursor, cutPage, PageQuery } from '../http/page.ts';
import { defineRoute } from '../http/define-route.ts';
import { Uuid } from '../http/fields.ts';
import type { RouteEnv } from '../callers/route-env.ts';
import { exampleOrder } from '../docs/examples.ts';
import { principalOf } from '../callers/principal.ts';

/** One try to pay an order, as the API shows it. */
export const PaymentView = z
  .object({
    id: z.string(),
    order_id: z.string(),
    status: z.enum(paymentStatuses).openapi({
      description: '`unknown`: the gateway was asked and its answer was lost; what it did is being found out.',
    }),
    method: z.string(),
    amount: z.number(),
    currency: z.string(),
    gateway: z.string(),
    gateway_reference: z.string().nullable(),
    failure_code: z.string().nullable(),
    failure_detail: z.string().nullable(),
    client_secret: z.string().optional().openapi({
      description: 'For the owner alone, while the status is requires_action: what the gateway’s form needs.',
    }),
    created_at: z.string(),
    settled_at: z.string().nullable(),
    calls: z.int().openapi({ description: 'How often the gateway was asked about it.' }),
    last_call_at: z.string().nullable().openapi({ description: 'When the gateway was last asked to charge.' }),
    review_at: z.string().nullable().openapi({
      description: 'When it is looked at again; null: the gateway has said how it ended.',
    }),
  })
  .openapi('Payment');

/** The view of a payment, as `viewerId` may see it. */
function paymentView(payment: PaymentRow, viewerId: number): z.input<typeof PaymentView> {
  const { clientSecret, user, currency } = payment;
  return {
    id: payment.id,
    order_id: payment.order,
    status: payment.status,
    method: payment.method,
    amount: toMajor(payment.amountMinor, currency),
    currency,
    gateway: payment.gateway,
    gateway_reference: payment.gatewayReference ?? null,
    failure_code: payment.failureCode ?? null,
    failure_detail: payment.failureDetail ?? null,
    ...(clientSecret && user === viewerId ? { client_secret: clientSecret } : {}),
    created_at: payment.createdAt.toISOString(),
    settled_at: payment.settledAt?.toISOString() ?? null,
    calls: payment.calls,
    last_call_at: payment.lastCallAt?.toISOString() ?? null,
    review_at: payment.reviewAt?.toISOString() ?? null,
  };
}

const example = {
  id: exampleOrder.payment.id,
  order_id: exampleOrder.id,
  status: 'succeeded' as const,
  method: 'pm_card_visa',
  amount: 100,
  currency: 'USD',
  gateway: 'stripe',
  gateway_reference: 'pi_3QExample',
  failure_code: null,
  failure_detail: null,
  created_at: exampleOrder.created_at,
  settled_at: '2026-11-22T10:00:01.000Z',
  calls: 1,
  last_call_at: '2026-11-22T10:00:00.040Z',
  review_at: null,
};
const PaymentList = z.object({ data: z.array(PaymentView), next_cursor: z.string().nullable() }).openapi('PaymentList');

const list = defineRoute(
  'user',
  {
    method: 'get',
    path: '/payments',
    operationId: 'listPayments',
    summary: "The payments of one's own orders, newest first; an administrator sees all.",
    tags: ['payments'],
    request: {
      query: z.object({
        status: z.enum(paymentStatuses).optional(),
        order_id: Uuid.optional().openapi({ example: exampleOrder.id }),
        ...PageQuery,
      }),
    },
    responses: {
      200: {
        description: 'A page of payments.',
        content: { 'application/json': { schema: PaymentList, example: { data: [example], next_cursor: null } } },
      },
    },
  },
  async (c) => {
    const { status, order_id: order, cursor, limit } = c.req.valid('query');
    const { userId, role } = principalOf(c);
    const listName = `payments:${role === 'admin' ? 'all' : userId}:${status ?? ''}:${order ?? ''}`;
    const rows = await c.var.ctx.orm.em.fork().find(
      Payment,
      {
        ...(role === 'admin' ? {} : { user: userId }),
        ...(status === undefined ? {} : { status }),
        ...(order === undefined ? {} : { order }),
        ...(cursor === undefined ? {} : { id: { $lt: readCursor(listName, cursor, AfterUuid) } }),
      },
      { orderBy: { id: 'desc' }, limit: limit + 1, disableIdentityMap: true },
    );
    const { page, next_cursor } = cutPage(listName, rows, limit);
    return c.json({ data: page.map((payment) => paymentView(payment, userId)), next_cursor }, 200);
  },
);

const read = defineRoute(
  'user',
  {
    method: 'get',
    path: '/payments/{id}',
    operationId: 'readPayment',
    summary: 'One payment.',
    tags: ['payments'],
    request: { params: z.object({ id: Uuid.openapi({ example: example.id }) }) },
    responses: {
      200: { description: 'The payment.', content: { 'application/json': { schema: PaymentView, example } } },
      404: { description: 'not_found' },
    },
  },
  async (c) => c.json(paymentView(await namedPayment(c), principalOf(c).userId), 200),
  namedPayment,
);

async function namedPayment(c: HonoContext<RouteEnv>): Promise<InferEntity<typeof Payment>> {
  const { userId, role } = principalOf(c);
  const where = { id: Uuid.parse(c.req.param('id')), ...(role === 'admin' ? {} : { user: userId }) };
  const payment = await c.var.ctx.orm.em.fork().findOne(Payment, where, { disableIdentityMap: true });
  if (!payment) throw new Problem('not_found', 'You have no such payment.');
  return payment;
}

/** Reading payments. */
export const routes = [list, read];
