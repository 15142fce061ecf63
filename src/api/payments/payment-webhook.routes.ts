import { z } from '@hono/zod-openapi';
import { BadSignature, MalformedNotice, Problem } from '../../errors.ts';
import { takeNotice } from '../../payments/take-notice.ts';
import { defineRoute } from '../http/define-route.ts';

const Received = z.object({ received: z.literal(true) });

const receive = defineRoute(
  'public',
  {
    method: 'post',
    path: '/payments/webhook',
    operationId: 'receivePaymentWebhook',
    summary: 'Takes Stripe’s events; their signature is their login.',
    'x-body-limit': 1_048_576,
    tags: ['payments'],
    request: {
      headers: z.object({ 'stripe-signature': z.string().max(4_000).optional() }),
      body: {
        required: true,
        content: {
          'application/json': {
            schema: z.looseObject({}),
            example: { id: 'evt_1', type: 'payment_intent.succeeded', data: { object: { id: 'pi_1' } } },
          },
        },
      },
    },
    responses: {
      200: {
        description: 'Taken; also when it was known already or is about nothing of ours.',
        content: { 'application/json': { schema: Received, example: { received: true as const } } },
      },
      400: { description: 'malformed_json, bad_signature' },
      422: { description: 'invalid: signed, and not of the form that its type has' },
      503: { description: 'not_configured' },
    },
  },
  async (c) => {
    const {
      payments: { gateways },
      transaction,
      config,
      now,
      log,
    } = c.var.ctx;
    // Whoever takes new payments: what was begun with Stripe is told of by Stripe.
    const gateway = gateways.all.find(({ name }) => name === 'stripe');
    if (!config.STRIPE_WEBHOOK_SECRET || !gateway)
      throw new Problem(
        'not_configured',
        'This deployment takes no events of the gateway: it has no secret to know them by.',
      );
    // The text as it came: a signature over anything that was parsed and written again would not fit.
    const body = await c.req.text();
    const notice = await readNotice(() => gateway.readWebhook(body, c.req.header('stripe-signature') ?? ''));
    if (notice) {
      const what = await transaction((tx, after) => takeNotice(tx, after, { notice, at: now() }));
      log.debug({ type: notice.type, event: notice.eventId, what }, 'payments: webhook');
    }
    return c.json({ received: true as const }, 200);
  },
);

async function readNotice<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof BadSignature)
      throw new Problem('bad_signature', 'The signature does not fit the body and a secret of ours.', { cause: error });
    if (error instanceof MalformedNotice) {
      const errors = [
        { pointer: `/${error.message.replaceAll('.', '/')}`, detail: 'is not as events of this type have it' },
      ];
      throw new Problem('invalid', 'The event is signed, and cannot be read.', { errors, cause: error });
    }
    throw error;
  }
}

/** What the gateway tells of its own accord. */
export const routes = [receive];
