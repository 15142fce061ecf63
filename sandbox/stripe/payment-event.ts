import type { PaymentEvent } from './books.ts';
import { identifier } from './identifier.ts';

/** What an event tells about the request that caused it. */
export interface Cause {
  readonly idempotencyKey: string | null;
  readonly nowMs: number;
}

/** A new event about an object, as webhooks carry it. */
export function paymentEvent(type: string, object: object, { idempotencyKey, nowMs }: Cause): PaymentEvent {
  return {
    id: identifier('evt'),
    object: 'event',
    api_version: '2026-01-28',
    created: Math.floor(nowMs / 1000),
    data: { object },
    livemode: false,
    pending_webhooks: 1,
    request: { id: identifier('req'), idempotency_key: idempotencyKey },
    type,
  };
}
