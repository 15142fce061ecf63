import { z } from '@hono/zod-openapi';
import type { Context as HonoContext } from 'hono';
import { BadSignature, MalformedNotice, Problem } from '../../errors.ts';
import { loadGateways } from '../../gateways/payment-gateways.ts';
import type { PaymentGateway, Unnamed } from '../../gateways/payments/payment-gateway.ts';
import { takeNotice } from '../../payments/take-notice.ts';
import type { RouteEnv } from '../callers/route-env.ts';
import { defineRoute } from '../http/define-route.ts';

const Received = z.object({ received: z.literal(true) });

const body = (example: Readonly<Record<string, unknown>>) => ({
  required: true,
  content: { 'application/json': { schema: z.looseObject({}), example } },
});

const shared = {
  'x-body-limit': 1_048_576,
  'x-signed-body': true,
  tags: ['payments'],
  responses: {
    200: {
      description: 'Taken; also when it was known already or is about nothing of ours.',
      content: { 'application/json': { schema: Received, example: { received: true as const } } },
    },
    400: { description: 'malformed_json, bad_signature' },
    422: { description: 'invalid: signed, and not of the form that its type has' },
    503: {
      description: 'not_configured; unavailable: about a charge whose own answer is still awaited, to be sent again',
    },
  },
};

const receiveUnnamed = ({ title, signatureHeader }: Unnamed) =>
  defineRoute(
    'public',
    {
      ...shared,
      method: 'post',
      path: '/payments/webhook',
      operationId: 'receivePaymentWebhook',
      summary: `Takes ${title}’s events; their signature is their login.`,
      request: {
        headers: z.object({ [signatureHeader]: z.string().max(4_000).optional() }),
        body: body({ id: 'evt_1', type: 'payment_intent.succeeded', data: { object: { id: 'pi_1' } } }),
      },
    },
    async (c) => {
      await hear(
        c,
        c.var.ctx.payments.gateways.all.find(({ hearsUnnamed }) => hearsUnnamed),
      );
      return c.json({ received: true as const }, 200);
    },
  );

const receiveNamed = defineRoute(
  'public',
  {
    ...shared,
    method: 'post',
    path: '/payments/webhook/{gateway}',
    operationId: 'receiveGatewayWebhook',
    summary: 'Takes the events of the payment gateway of this name; their signature is their login.',
    responses: { ...shared.responses, 404: { description: 'not_found' } },
    request: {
      params: z.object({ gateway: z.string().max(20) }),
      body: body({ id: 'evt_1', type: 'charge.paid' }),
    },
  },
  async (c) => {
    await hear(c, findGateway(c));
    return c.json({ received: true as const }, 200);
  },
  findGateway,
);

/** The gateway that the path names. @throws Problem not_found */
function findGateway(c: HonoContext<RouteEnv>): PaymentGateway {
  const gateway = c.var.ctx.payments.gateways.all.find(({ name }) => name === c.req.param('gateway'));
  if (gateway) return gateway;
  throw new Problem('not_found', 'This deployment speaks to no such gateway.');
}

/** Takes in what a gateway tells. @throws Problem not_configured when it is none that could be known, unavailable when it is too early. */
async function hear(c: HonoContext<RouteEnv>, gateway: PaymentGateway | undefined): Promise<void> {
  const { transaction, now, log } = c.var.ctx;
  if (!gateway?.readWebhook)
    throw new Problem(
      'not_configured',
      'This deployment takes no events of the gateway: it has no secret to know them by.',
    );
  const { name, readWebhook } = gateway;
  // The text as it came: a signature over anything that was parsed and written again would not fit.
  const text = await c.req.text();
  const notice = await readNotice(() => readWebhook(text, c.req.raw.headers));
  if (!notice) return;
  const what = await transaction((tx, after) => takeNotice(tx, after, { gateway: name, notice, at: now() }));
  log.debug({ gateway: name, type: notice.type, event: notice.eventId, what }, 'payments: webhook');
  if (what === 'too_early')
    throw new Problem('unavailable', 'A charge that this may be about is still being asked for; send it again.', {
      headers: { 'retry-after': '5' },
    });
}

async function readNotice<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof BadSignature)
      throw new Problem('bad_signature', 'The signature does not fit the body and a secret of ours.', { cause: error });
    if (error instanceof MalformedNotice) {
      // Nothing points to the body as a whole.
      const pointer = error.message === '' ? '' : `/${error.message.replaceAll('.', '/')}`;
      const errors = [{ pointer, detail: 'is not as events of this type have it' }];
      throw new Problem('invalid', 'The event is signed, and cannot be read.', { errors, cause: error });
    }
    throw error;
  }
}

const unnamed = (await loadGateways()).flatMap(({ hearsUnnamed }) => hearsUnnamed ?? []);

/** What the gateway tells of its own accord. */
export const routes = [...unnamed.map(receiveUnnamed), receiveNamed];
