import { z } from '@hono/zod-openapi';
import type { Context as HonoContext } from 'hono';
import { webhookScopes } from '../../entities/webhooks.entity.ts';
import { type Fault, Problem } from '../../errors.ts';
import { refusalOf } from '../../gateways/webhooks/public-address.ts';
import { Symbol } from '../../market/symbol.ts';
import { Moment } from '../../process/moment.ts';
import type { RouteEnv } from '../callers/route-env.ts';
import { endOf } from '../http/span.ts';

const wishes = {
  description: z.string().trim().min(1).max(200).nullable().optional(),
  types: z
    .array(z.string().max(100))
    // More than there are: who may leave all out may name them all.
    .max(50)
    .optional()
    .openapi({ description: 'Event types, as /asyncapi.json lists them. None: all.' }),
  symbols: z.array(Symbol).max(50).optional().openapi({
    description:
      'Symbols of which market data are sent, as /streams/market takes them: `LTC` is the share and the coin. None: all.',
  }),
};
const address = z
  .url({ protocol: /^https?$/, error: 'must be an https address' })
  .max(2_000)
  .openapi({ description: 'An https address of the public internet, to which events are posted.' });

/** What a new webhook is to be. */
export const WebhookRequest = z
  .strictObject({
    url: address,
    scope: z.enum(webhookScopes).default('own').openapi({
      description:
        "`own`: what happens to one's own orders, and what is public; `all`: everything, for administrators.",
    }),
    ...wishes,
  })
  .openapi('WebhookRequest');

/** What is to be different about a webhook. */
export const WebhookChange = z
  .strictObject({
    url: address.optional(),
    ...wishes,
    status: z
      .enum(['active', 'paused'])
      .optional()
      .openapi({ description: '`active` goes on where it stopped; what came meanwhile has waited.' }),
    rotate_secret: z.literal(true).optional().openapi({
      description:
        'Makes a new secret, shown in the answer; the one before, and what signed beside it, sign as well for 24 hours.',
    }),
  })
  .openapi('WebhookChange');

/** What is to be sent once more: one event, or all of a time. */
export const ReplayRequest = z
  .strictObject({
    event_id: z.uuid().optional(),
    from: Moment.optional(),
    to: Moment.optional().openapi({ description: 'Default: the last that has happened. A day is counted whole.' }),
  })
  .superRefine(({ event_id, from, to }, check) => {
    const refuse = (name: string, message: string) => check.addIssue({ code: 'custom', path: [name], message });
    if ((event_id === undefined) === (from === undefined)) refuse('event_id', 'send exactly one of event_id and from');
    if (to !== undefined && from === undefined) refuse('to', 'goes with from');
    if (to !== undefined && from !== undefined && new Date(from) > endOf(to)) refuse('to', 'must not be before `from`');
  })
  .openapi('WebhookReplayRequest');

type Wished = Pick<z.output<typeof WebhookChange>, 'url' | 'types'>;

/** @throws Problem invalid when an address may not be called, or a type is none of ours. */
export function refuseUntold(c: HonoContext<RouteEnv>, { url, types = [] }: Wished): void {
  const {
    config: { webhookHosts },
    jobs: {
      definitions: { events },
    },
  } = c.var.ctx;
  const refusal = url === undefined ? undefined : refusalOf(new URL(url), webhookHosts);
  const errors: Fault[] = [
    ...(refusal === undefined ? [] : [{ pointer: '/url', detail: refusal }]),
    ...types.flatMap((type, index) =>
      events.has(type) ? [] : [{ pointer: `/types/${index}`, detail: 'is no type of event' }],
    ),
  ];
  if (errors.length > 0) throw new Problem('invalid', 'The request does not fit its schema; see errors.', { errors });
}
