import { z } from '@hono/zod-openapi';
import { webhookScopes } from '../../entities/webhooks.entity.ts';
import { type Endpoint, wordsOf } from '../../webhooks/endpoint.ts';

/** A webhook as its owner and administrators see it; never with its secret. */
export const WebhookView = z
  .object({
    id: z.string(),
    user_id: z.int(),
    url: z.string(),
    description: z.string().nullable(),
    scope: z.enum(webhookScopes),
    types: z.array(z.string()).openapi({ description: 'Event types that are sent; empty: all.' }),
    symbols: z.array(z.string()).openapi({ description: 'Symbols of which market data are sent; empty: all.' }),
    status: z.enum(['active', 'paused']),
    notice: z.string().nullable().openapi({ description: 'Why it was paused, where nobody has asked for that.' }),
    paused_at: z.string().nullable(),
    failures: z.int().openapi({ description: 'Rounds in a row in which the endpoint took nothing.' }),
    next_try_at: z.string().nullable().openapi({ description: 'Nothing is sent before, after a failure.' }),
    last_success_at: z.string().nullable(),
    previous_secret_until: z
      .string()
      .nullable()
      .openapi({ description: 'The secret before, and the one before that if it still did, sign as well until then.' }),
    created_at: z.string(),
  })
  .openapi('Webhook');

/** The same with the secret: shown when it is made, and never again. */
export const NewWebhookView = WebhookView.extend({
  secret: z.string().openapi({ description: 'What to verify signatures with. It is shown this once.' }),
}).openapi('NewWebhook');

/** A webhook as it is after a change, with its new secret if it has got one. */
export const ChangedWebhookView = NewWebhookView.partial({ secret: true }).openapi('ChangedWebhook');

/** A webhook of the examples. */
export const exampleWebhook = {
  id: '019341d2-0000-7000-8000-000000000007',
  user_id: 1,
  url: 'https://shop.example.com/hooks/orderflow',
  description: 'The warehouse',
  scope: 'own' as const,
  types: ['order.paid'],
  symbols: [],
  status: 'active' as const,
  notice: null,
  paused_at: null,
  failures: 0,
  next_try_at: null,
  last_success_at: '2026-11-22T10:00:01.120Z',
  previous_secret_until: null,
  created_at: '2026-11-22T10:00:00.000Z',
};

/** Shows a webhook. */
export function webhookView(row: Omit<Endpoint, 'since'>): z.output<typeof WebhookView> {
  const text = (at: Date | null | undefined) => at?.toISOString() ?? null;
  return {
    id: row.id,
    user_id: row.userId,
    url: row.url,
    description: row.description ?? null,
    scope: row.scope,
    types: wordsOf(row.types),
    symbols: wordsOf(row.symbols),
    status: row.status,
    notice: row.notice ?? null,
    paused_at: text(row.pausedAt),
    failures: row.failures,
    next_try_at: text(row.retryAt),
    last_success_at: text(row.succeededAt),
    previous_secret_until: text(row.previousUntil),
    created_at: row.createdAt.toISOString(),
  };
}
