import { z } from '@hono/zod-openapi';
import type { EntityManager } from '@mikro-orm/mysql';
import { type AlertRow } from '../../alerts/alert.ts';
import { carriedBy } from '../../alerts/carried-order.ts';
import { type Firing, movedBy } from '../../alerts/tell-firing.ts';
import { AlertFiring, carriedStates } from '../../entities/alerts.entity.ts';
import { toMajor } from '../../money/money.ts';

const shownFirings = 10;

const FiringView = z.object({
  firing: z.int().openapi({ description: '1, 2, 3 … of its alert.' }),
  price: z.number(),
  as_of: z.string(),
  fired_at: z.string(),
  reference: z.number().nullable().openapi({ description: 'Of `percent`: the price from which the move was counted.' }),
  change_percent: z.number().nullable(),
  order: z
    .object({
      status: z.enum(carriedStates),
      order_id: z.string().nullable(),
      code: z.string().nullable().openapi({ description: 'Why there is no order, as problems are called.' }),
      detail: z.string().nullable(),
    })
    .nullable()
    .openapi({ description: 'Null: this firing carries none.' }),
});

/** An alert as its owner sees it. */
export const AlertView = z
  .object({
    id: z.string(),
    user_id: z.int(),
    symbol: z.string(),
    above: z.number().nullable(),
    below: z.number().nullable(),
    percent: z.number().nullable(),
    once: z.boolean(),
    status: z.enum(['active', 'ended']),
    reference: z.number().nullable().openapi({
      description: 'Of `percent`: the price from which the next move counts; null: the next price.',
    }),
    order: z
      .object({
        items: z.array(z.object({ product_id: z.int(), quantity: z.int() })),
        currency: z.string(),
        payment_method: z.string().nullable(),
        max_total: z.number(),
      })
      .nullable(),
    webhook: z.string().nullable().openapi({
      description: 'The one webhook that is told; null, also once it has been deleted: each that takes `alert.fired`.',
    }),
    polled_every_seconds: z.int().nullable().openapi({
      description:
        'How often the price is asked for without anybody asking; null: never. Of a closed market at most each quarter of an hour.',
    }),
    firings: z.int(),
    fired: z.array(FiringView).openapi({ description: `The last ${shownFirings}, newest first.` }),
    created_at: z.string(),
    ended_at: z.string().nullable(),
  })
  .openapi('Alert');

/** A new alert; with the secret of the webhook that was made for it, this once. */
export const NewAlertView = AlertView.extend({
  webhook_secret: z.string().optional().openapi({ description: 'Of a webhook that was made with it, this once.' }),
}).openapi('NewAlert');

/** An alert of the examples. */
export const exampleAlert = {
  id: '019341d2-0000-7000-8000-000000000008',
  user_id: 1,
  symbol: 'AAPL',
  above: 245,
  below: null,
  percent: null,
  once: true,
  status: 'ended' as const,
  reference: null,
  order: {
    items: [
      { product_id: 1, quantity: 1 },
      { product_id: 2, quantity: 1 },
    ],
    currency: 'USD',
    payment_method: null,
    max_total: 120,
  },
  webhook: null,
  polled_every_seconds: 60,
  firings: 1,
  fired: [
    {
      firing: 1,
      price: 245.5,
      as_of: '2025-09-19T20:00:01.000Z',
      fired_at: '2025-09-19T20:00:01.420Z',
      reference: null,
      change_percent: null,
      order: {
        status: 'placed' as const,
        order_id: '019341d2-0000-7000-8000-000000000001',
        code: null,
        detail: null,
      },
    },
  ],
  created_at: '2025-09-19T14:00:00.000Z',
  ended_at: '2025-09-19T20:00:01.420Z',
};

/** Shows an alert with its last firings, newest first. */
export function alertView(
  alert: AlertRow,
  firings: readonly Firing[],
  everySeconds: number | null,
): z.output<typeof AlertView> {
  const { kind, threshold } = alert;
  const carried = carriedBy(alert);
  return {
    id: alert.id,
    user_id: alert.userId,
    symbol: alert.symbol,
    above: kind === 'above' ? threshold : null,
    below: kind === 'below' ? threshold : null,
    percent: kind === 'percent' ? threshold : null,
    once: alert.isOnce,
    status: alert.endedAt ? 'ended' : 'active',
    reference: alert.reference ?? null,
    order: carried && {
      items: carried.items,
      currency: carried.currency,
      payment_method: carried.payment_method,
      max_total: toMajor(carried.most_minor, carried.currency),
    },
    webhook: alert.webhookId ?? null,
    polled_every_seconds: everySeconds,
    firings: alert.firings,
    fired: firings.map(firingView),
    created_at: alert.createdAt.toISOString(),
    ended_at: alert.endedAt?.toISOString() ?? null,
  };
}

function firingView(firing: Firing): z.output<typeof FiringView> {
  const { orderState, orderId = null, orderCode = null, orderDetail = null } = firing;
  return {
    firing: firing.number,
    price: firing.price,
    as_of: firing.asOf.toISOString(),
    fired_at: firing.firedAt.toISOString(),
    ...movedBy(firing),
    order: orderState ? { status: orderState, order_id: orderId, code: orderCode, detail: orderDetail } : null,
  };
}

/** The last firings of these alerts, newest first, by their alerts. */
export async function lastFirings(em: EntityManager, alerts: readonly AlertRow[]): Promise<Map<string, Firing[]>> {
  const fired = alerts.filter(({ firings }) => firings > 0);
  if (fired.length === 0) return new Map();
  const rows = await em.find(
    AlertFiring,
    { $or: fired.map(({ id, firings }) => ({ alert: id, number: { $gt: firings - shownFirings } })) },
    { orderBy: { number: 'desc' }, disableIdentityMap: true },
  );
  return Map.groupBy(rows, ({ alert }) => alert);
}
