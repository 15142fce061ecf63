import { z } from 'zod';
import { defineEvent, defineStream } from './define-event.ts';

/** Prices that people wanted to know of. The subject of each event is the alert's id. */
export const alerts = defineStream({
  name: 'alerts',
  summary: 'Alerts as they fire, in order per alert id.',
  maxLength: 100_000,
});

/** What became of the order that a firing carries. */
export const CarriedOutcome = z.object({
  status: z.enum(['placed', 'refused']),
  order_id: z.uuid().nullable(),
  /** Why there is no order, as problems are called, and in a sentence. */
  code: z.string().nullable(),
  detail: z.string().nullable(),
});

const alertId = '019341d2-0000-7000-8000-000000000008';

/** A price has done what somebody waited for. What the firing carries has been placed by now, or will not be. */
export const alertFired = defineEvent(alerts, {
  type: 'alert.fired',
  schema: 1,
  summary: 'A price has moved as somebody wanted to be told, and the order that they wished for is placed, or refused.',
  data: z.object({
    alert_id: z.uuid(),
    user_id: z.int(),
    symbol: z.string(),
    condition: z.enum(['above', 'below', 'percent']),
    threshold: z.number(),
    /** The how manieth firing of the alert it is. */
    firing: z.int(),
    price: z.number(),
    as_of: z.string(),
    reference: z.number().nullable(),
    change_percent: z.number().nullable(),
    order: CarriedOutcome.nullable(),
    /** The one webhook that is told; null: each that wants to be. */
    webhook_id: z.uuid().nullable(),
  }),
  example: {
    subject: alertId,
    data: {
      alert_id: alertId,
      user_id: 1,
      symbol: 'AAPL',
      condition: 'above',
      threshold: 245,
      firing: 1,
      price: 245.5,
      as_of: '2025-09-19T20:00:01.000Z',
      reference: null,
      change_percent: null,
      order: { status: 'placed', order_id: '019341d2-0000-7000-8000-000000000001', code: null, detail: null },
      webhook_id: null,
    },
  },
});
