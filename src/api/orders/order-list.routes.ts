import { z } from '@hono/zod-openapi';
import { Order } from '../../entities/orders.entity.ts';
import { readingEm } from '../../mysql/reading.ts';
import { principalOf } from '../callers/principal.ts';
import { exampleOrder } from '../docs/examples.ts';
import { answerCsv, wantsCsv } from '../http/csv.ts';
import { defineRoute } from '../http/define-route.ts';
import { AfterUuid, cutPage, PageQuery, readCursor } from '../http/page.ts';
import { OrderFilterQuery, orderFilter } from './order-filter.ts';
import { OrderView, orderViews } from './order-view.ts';
import { ordersCsv } from './orders-csv.ts';

const OrderList = z.object({ data: z.array(OrderView), next_cursor: z.string().nullable() }).openapi('OrderList');
const exampleCsv =
  'id,created_at,status,user_id,email,currency,total_amount,refunded_amount,items,payment_status,payment_method,failure_code,paid_at\r\n' +
  `${exampleOrder.id},2026-11-22T10:00:00.000Z,pending,1,demo@example.com,USD,100.00,0.00,` +
  '"1 x Field Notebook; 1 x Enamel Mug",processing,pm_card_visa,,\r\n';

const list = defineRoute(
  'user',
  {
    method: 'get',
    path: '/orders',
    operationId: 'listOrders',
    summary: "One's own orders, newest first; an administrator sees all.",
    tags: ['orders'],
    request: { query: z.object({ ...OrderFilterQuery, ...PageQuery }) },
    responses: {
      200: {
        description: 'A page of orders; with `Accept: text/csv` all of the filter.',
        content: {
          'application/json': { schema: OrderList, example: { data: [exampleOrder], next_cursor: null } },
          'text/csv': { schema: z.string(), example: exampleCsv },
        },
      },
      403: { description: 'forbidden: orders of someone else' },
    },
  },
  async (c) => {
    const { cursor, limit, ...filters } = c.req.valid('query');
    const principal = principalOf(c);
    const { orm, now } = c.var.ctx;
    const em = readingEm(orm);
    const filter = await orderFilter(em, filters, principal);
    if (wantsCsv(c)) {
      const name = `orders-${now().toISOString().slice(0, 10)}.csv`;
      return answerCsv(
        c,
        name,
        // Who is in goes on, however many wait by then.
        ordersCsv(() => em.fork(), filter, principal.userId),
      );
    }
    const after = cursor === undefined ? [] : [{ id: { $lt: readCursor(filter.list, cursor, AfterUuid) } }];
    const rows = await em.find(
      Order,
      { $and: [filter.where, ...after] },
      { orderBy: { id: 'desc' }, limit: limit + 1, disableIdentityMap: true },
    );
    const { page, next_cursor } = cutPage(filter.list, rows, limit);
    return c.json({ data: await orderViews(em, page, principal.userId), next_cursor }, 200);
  },
);

/** Finding orders. */
export const routes = [list];
