import { z } from '@hono/zod-openapi';
import type { EntityManager, FilterQuery } from '@mikro-orm/mysql';
import { Refund, refundStatuses } from '../../entities/payments.entity.ts';
import { decimalsOf, toMajor } from '../../money/money.ts';
import type { RefundRow } from '../../orders/order.ts';
import { exampleOrder } from '../docs/examples.ts';
import { answerCsv, csvOf, type CsvRow, wantsCsv } from '../http/csv.ts';
import { defineRoute } from '../http/define-route.ts';
import { Uuid } from '../http/fields.ts';
import { AfterUuid, cutPage, PageQuery, readCursor } from '../http/page.ts';

/** Money on its way back, as the API shows it. */
export const RefundView = z
  .object({
    id: z.string(),
    order_id: z.string(),
    payment_id: z.string(),
    status: z.enum(refundStatuses).openapi({
      description: '`unknown`: the gateway was asked and its answer was lost; what it did is being found out.',
    }),
    amount: z.number(),
    currency: z.string(),
    reason: z.string().nullable(),
    gateway_reference: z.string().nullable(),
    failure_code: z.string().nullable(),
    failure_detail: z.string().nullable(),
    created_at: z.string(),
    settled_at: z.string().nullable(),
    calls: z.int().openapi({ description: 'How often the gateway was asked about it.' }),
    last_call_at: z.string().nullable(),
    review_at: z.string().nullable().openapi({
      description: 'When it is looked at again; null: the gateway has said how it ended.',
    }),
  })
  .openapi('Refund');

function refundView(refund: RefundRow): z.output<typeof RefundView> {
  const { currency } = refund;
  return {
    id: refund.id,
    order_id: refund.order,
    payment_id: refund.payment,
    status: refund.status,
    amount: toMajor(refund.amountMinor, currency),
    currency,
    reason: refund.reason ?? null,
    gateway_reference: refund.gatewayReference ?? null,
    failure_code: refund.failureCode ?? null,
    failure_detail: refund.failureDetail ?? null,
    created_at: refund.createdAt.toISOString(),
    settled_at: refund.settledAt?.toISOString() ?? null,
    calls: refund.calls,
    last_call_at: refund.lastCallAt?.toISOString() ?? null,
    review_at: refund.reviewAt?.toISOString() ?? null,
  };
}

const example = {
  id: '019341d2-0000-7000-8000-000000000009',
  order_id: exampleOrder.id,
  payment_id: exampleOrder.payment.id,
  status: 'succeeded' as const,
  amount: 25.5,
  currency: 'USD',
  reason: 'Arrived broken',
  gateway_reference: 're_3QExample',
  failure_code: null,
  failure_detail: null,
  created_at: '2026-11-22T11:00:00.000Z',
  settled_at: '2026-11-22T11:00:01.000Z',
  calls: 1,
  last_call_at: '2026-11-22T11:00:00.040Z',
  review_at: null,
};
const RefundList = z.object({ data: z.array(RefundView), next_cursor: z.string().nullable() }).openapi('RefundList');

const columns = [
  'id',
  'created_at',
  'status',
  'order_id',
  'payment_id',
  'currency',
  'amount',
  'reason',
  'gateway_reference',
  'failure_code',
  'settled_at',
] as const;
const exampleCsv =
  `${columns.join()}\r\n${example.id},${example.created_at},succeeded,${example.order_id},${example.payment_id},USD,25.50,` +
  `Arrived broken,re_3QExample,,${example.settled_at}\r\n`;

const list = defineRoute(
  'admin',
  {
    method: 'get',
    path: '/refunds',
    operationId: 'listRefunds',
    summary: 'What was given back, or is to be, of every order, newest first.',
    tags: ['payments'],
    request: {
      query: z.object({
        status: z.enum(refundStatuses).optional(),
        order_id: Uuid.optional().openapi({ example: exampleOrder.id }),
        ...PageQuery,
      }),
    },
    responses: {
      200: {
        description: 'A page of refunds; with `Accept: text/csv` all of the filter.',
        content: {
          'application/json': { schema: RefundList, example: { data: [example], next_cursor: null } },
          'text/csv': { schema: z.string(), example: exampleCsv },
        },
      },
    },
  },
  async (c) => {
    const { status, order_id: order, cursor, limit } = c.req.valid('query');
    const { orm, now } = c.var.ctx;
    const where = { ...(status && { status }), ...(order !== undefined && { order }) };
    if (wantsCsv(c)) {
      const read = async (after: string | undefined, most: number) =>
        (await find(orm.em.fork(), where, after, most)).map(csvRow);
      return answerCsv(c, `refunds-${now().toISOString().slice(0, 10)}.csv`, csvOf(columns, read));
    }
    const listName = `refunds:${status ?? ''}:${order ?? ''}`;
    const after = cursor === undefined ? undefined : readCursor(listName, cursor, AfterUuid);
    const { page, next_cursor } = cutPage(listName, await find(orm.em.fork(), where, after, limit + 1), limit);
    return c.json({ data: page.map(refundView), next_cursor }, 200);
  },
);

function find(em: EntityManager, where: FilterQuery<RefundRow>, after: string | undefined, limit: number) {
  const older = after === undefined ? [] : [{ id: { $lt: after } }];
  const options = { orderBy: { id: 'desc' }, limit, disableIdentityMap: true } as const;
  return em.find(Refund, { $and: [where, ...older] }, options);
}

function csvRow(refund: RefundRow): CsvRow<(typeof columns)[number]> {
  const view = refundView(refund);
  return { ...view, amount: view.amount.toFixed(decimalsOf(view.currency)) };
}

/** Finding refunds. */
export const routes = [list];
