import { z } from '@hono/zod-openapi';
import { historySubjects } from '../entities/order-history.entity.ts';
import { gatewayOperations } from '../entities/gateway-call.entity.ts';
import { readCursor } from './cursor.ts';
import { defineRoute } from './define-route.ts';
import { exampleOrder } from './examples.ts';
import { Entries, readTimeline } from './order-timeline.ts';
import { namedOrder } from './orders.routes.ts';
import { cutPage, PageQuery } from './page.ts';

const at = z.string();
const Entry = z.discriminatedUnion('type', [
  z.object({
    at,
    type: z.literal('status'),
    subject: z.enum(historySubjects),
    id: z.string(),
    from: z.string().nullable(),
    to: z.string(),
    reason: z.string().nullable(),
  }),
  z.object({
    at,
    type: z.literal('gateway_call'),
    operation: z.enum(gatewayOperations),
    subject_id: z.string(),
    ended_at: z.string().nullable().openapi({ description: 'Null: nobody heard how it ended.' }),
    outcome: z.string().nullable(),
    detail: z.string().nullable(),
  }),
  z.object({ at, type: z.literal('event'), id: z.string(), event: z.string(), version: z.int() }),
]);
const Timeline = z.object({ data: z.array(Entry), next_cursor: z.string().nullable() }).openapi('Timeline');

const { id, payment, created_at } = exampleOrder;
const example = {
  data: [
    { at: created_at, type: 'status' as const, subject: 'order' as const, id, from: null, to: 'pending', reason: null },
    { at: created_at, type: 'event' as const, id: payment.id, event: 'order.created', version: 1 },
    {
      at: '2026-11-22T10:00:00.040Z',
      type: 'gateway_call' as const,
      operation: 'charge' as const,
      subject_id: payment.id,
      ended_at: '2026-11-22T10:00:00.290Z',
      outcome: 'succeeded',
      detail: null,
    },
  ],
  next_cursor: null,
};

const timeline = defineRoute(
  'user',
  {
    method: 'get',
    path: '/orders/{id}/timeline',
    operationId: 'readOrderTimeline',
    summary: 'Everything that happened to an order: states, attempts, talks with the gateway, events; in time order.',
    tags: ['orders'],
    request: { params: z.object({ id: z.string().openapi({ example: id }) }), query: z.object(PageQuery) },
    responses: {
      200: {
        description: 'A page of the timeline, oldest first.',
        content: { 'application/json': { schema: Timeline, example } },
      },
      404: { description: 'not_found' },
    },
  },
  async (c) => {
    const order = await namedOrder(c);
    const { cursor, limit } = c.req.valid('query');
    const listName = `timeline:${order.id}`;
    const after = cursor === undefined ? undefined : readCursor(listName, cursor, Entries);
    const rows = await readTimeline(c.var.ctx.orm.em.fork(), order.id, after, limit + 1);
    const { page, next_cursor } = cutPage(listName, rows, limit);
    return c.json({ data: page.map(({ entry }) => entry), next_cursor }, 200);
  },
  namedOrder,
);

/** The life of an order. */
export const routes = [timeline];
