import { z } from '@hono/zod-openapi';
import { deliveryStates, WebhookDelivery } from '../../entities/webhooks.entity.ts';
import type { Delivery } from '../../webhooks/round.ts';
import { exampleOrder } from '../docs/examples.ts';
import { defineRoute } from '../http/define-route.ts';
import { Uuid } from '../http/fields.ts';
import { AfterInteger, cutPage, PageQuery, readCursor } from '../http/page.ts';
import { exampleWebhook } from './webhook-view.ts';
import { steeredWebhook } from './webhooks.routes.ts';

/** An event on its way to a webhook. */
export const DeliveryView = z
  .object({
    event_id: z.string().openapi({ description: 'Also the `webhook-id` of each try.' }),
    type: z.string(),
    subject: z.string(),
    state: z.enum(deliveryStates).openapi({
      description: '`expired`: it was no longer in the log when its turn came, as market data are after a week.',
    }),
    attempts: z.int(),
    response_status: z.int().nullable(),
    error: z.string().nullable().openapi({ description: 'Why there was no answer.' }),
    took_ms: z.int().nullable(),
    created_at: z.string(),
    next_try_at: z.string().nullable(),
    ended_at: z.string().nullable(),
  })
  .openapi('WebhookDelivery');
const DeliveryList = z
  .object({ data: z.array(DeliveryView), next_cursor: z.string().nullable() })
  .openapi('WebhookDeliveryList');

const example = {
  event_id: '019341d2-0000-7000-8000-000000000004',
  type: 'order.paid',
  subject: exampleOrder.id,
  state: 'delivered' as const,
  attempts: 1,
  response_status: 204,
  error: null,
  took_ms: 18,
  created_at: '2026-11-22T10:00:01.100Z',
  next_try_at: null,
  ended_at: '2026-11-22T10:00:01.120Z',
};

const list = defineRoute(
  'user',
  {
    method: 'get',
    path: '/webhooks/{id}/deliveries',
    operationId: 'listWebhookDeliveries',
    summary: 'What was sent to a webhook, or waits for it, the newest event first; kept for a week after it was taken.',
    tags: ['webhooks'],
    request: {
      params: z.object({ id: Uuid.openapi({ example: exampleWebhook.id }) }),
      query: z.object({ state: z.enum(deliveryStates).optional(), ...PageQuery }),
    },
    responses: {
      200: {
        description: 'A page of deliveries.',
        content: { 'application/json': { schema: DeliveryList, example: { data: [example], next_cursor: null } } },
      },
      403: { description: "forbidden: everybody's events" },
    },
  },
  async (c) => {
    const { cursor, limit, state } = c.req.valid('query');
    const { id } = await steeredWebhook(c);
    const listName = `deliveries:${id}:${state ?? ''}`;
    const rows = await c.var.ctx.orm.em.fork().find(
      WebhookDelivery,
      {
        endpoint: id,
        ...(state === undefined ? {} : { state }),
        ...(cursor === undefined ? {} : { position: { $lt: readCursor(listName, cursor, AfterInteger) } }),
      },
      { orderBy: { position: 'desc' }, limit: limit + 1, disableIdentityMap: true },
    );
    const placed = rows.map((row) => ({ id: row.position, row }));
    const { page, next_cursor } = cutPage(listName, placed, limit);
    return c.json({ data: page.map(({ row }) => deliveryView(row)), next_cursor }, 200);
  },
  steeredWebhook,
);

function deliveryView(row: Delivery): z.input<typeof DeliveryView> {
  return {
    event_id: row.eventId,
    type: row.type,
    subject: row.subject,
    state: row.state,
    attempts: row.attempts,
    response_status: row.responseStatus ?? null,
    error: row.error ?? null,
    took_ms: row.tookMs ?? null,
    created_at: row.createdAt.toISOString(),
    next_try_at: row.dueAt?.toISOString() ?? null,
    ended_at: row.endedAt?.toISOString() ?? null,
  };
}

/** What becomes of events on their way to a webhook. */
export const routes = [list];
