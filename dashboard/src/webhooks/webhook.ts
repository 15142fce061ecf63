import type { z } from '@hono/zod-openapi';
import type { DeliveryView } from '../../../src/api/webhooks/webhook-deliveries.routes.ts';
import type { ChangedWebhookView, NewWebhookView, WebhookView } from '../../../src/api/webhooks/webhook-view.ts';

/** A webhook as the API shows it. */
export type Webhook = z.output<typeof WebhookView>;
/** One that has just been made, with its secret. */
export type NewWebhook = z.output<typeof NewWebhookView>;
/** One that has been changed, with its secret where that is a new one. */
export type ChangedWebhook = z.output<typeof ChangedWebhookView>;
/** An event on its way to one. */
export type Delivery = z.output<typeof DeliveryView>;

/** How it stands, in words. */
export function standingOf({ status, failures }: Webhook): string {
  if (status === 'paused') return 'paused';
  return failures === 0 ? 'active' : `failing, ${failures} in a row`;
}
