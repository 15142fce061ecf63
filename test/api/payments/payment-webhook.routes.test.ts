import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { OutcomeUnknown } from '../../../src/errors.ts';
import type { LostCharge } from '../../../src/gateways/payments/payment-gateway.ts';
import { openStripe } from '../../../src/gateways/stripe/stripe.ts';
import { openShop, type Shop, takingGateway } from '../../support/api/shop.ts';
import { problemOf } from '../../support/api/problem-of.ts';
import { listen } from '../../support/upstreams/local-server.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop({ STRIPE_WEBHOOK_SECRET: 'whsec_old,whsec_new' });
});
afterAll(() => shop.close());

const nowSeconds = () => Math.floor(Date.now() / 1_000);
const sign = (body: string, secret: string, seconds = nowSeconds()) =>
  `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`;
const deliver = (body: string, signature = sign(body, 'whsec_new'), path = '/payments/webhook') =>
  shop.send('POST', path, {
    body,
    headers: { 'content-type': 'application/json', 'stripe-signature': signature },
  });

const Event = z.object({ data: z.object({ object: z.looseObject({}) }) });

const statusOf = {
  'payment_intent.succeeded': 'succeeded',
  'payment_intent.payment_failed': 'requires_payment_method',
  'payment_intent.canceled': 'canceled',
  'payment_intent.requires_action': 'requires_action',
} as const;

/** An event about an order's payment, as Stripe writes it. */
async function event(type: keyof typeof statusOf, order: string, changes: object = {}): Promise<string> {
  const [payment] = await shop.payments(order);
  const object = {
    id: `pi_${payment?.id}`,
    object: 'payment_intent',
    amount: payment?.amountMinor,
    currency: 'usd',
    status: statusOf[type],
    client_secret: `pi_${payment?.id}_secret`,
    last_payment_error: type.endsWith('failed') ? { code: 'card_declined', message: 'No.' } : null,
    metadata: { order_id: order, payment_id: payment?.id },
    ...changes,
  };
  return JSON.stringify({ id: `evt_${type}`, object: 'event', type, created: nowSeconds(), data: { object } });
}
/** An order whose charge nobody has heard of. */
async function unheard(): Promise<string> {
  const { id } = await shop.place();
  await expect(shop.charge(id, { charge: () => Promise.reject(new OutcomeUnknown('silence')) })).rejects.toThrow();
  return id;
}
/** An order whose buyer is asked to authenticate: its intent is known. */
async function waiting(): Promise<string> {
  const { id } = await shop.place();
  const reference = `pi_${(await shop.payments(id))[0]?.id}`;
  await shop.charge(id, { charge: async () => ({ status: 'requires_action', reference, clientSecret: 's' }) });
  return id;
}

describe('a webhook', () => {
  it('settles a payment whose intent is known, once, however often and by whichever secret it comes', async () => {
    const id = await waiting();
    const body = await event('payment_intent.succeeded', id);
    const answers = await Promise.all([deliver(body), deliver(body), deliver(body, sign(body, 'whsec_old'))]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await shop.read(id)).toMatchObject({ status: 'paid', payment: { status: 'succeeded' } });
    const calls: string[] = [];
    expect(await shop.charge(id, takingGateway(calls))).toBe('settled');
    expect(calls).toEqual([]);
  });

  it('that comes before our own answer leaves the last word to that', async () => {
    const { id } = await shop.place();
    const charge = async ({ key }: { key: string }) => {
      expect((await deliver(await event('payment_intent.succeeded', id))).status).toBe(200);
      expect((await shop.read(id)).status).toBe('pending');
      return { status: 'succeeded' as const, reference: key };
    };
    expect(await shop.charge(id, { charge })).toBe('succeeded');
    expect((await shop.payments(id))[0]?.gatewayReference).not.toMatch(/^pi_/);
  });

  it('about a payment whose intent nobody has heard of has the gateway asked', async () => {
    const id = await unheard();
    expect((await deliver(await event('payment_intent.succeeded', id))).status).toBe(200);
    expect((await shop.read(id)).status).toBe('pending');
    const told: unknown[] = [];
    const find = async (lost: LostCharge) => {
      told.push(lost.toldReference);
      return undefined;
    };
    // It is asked about that intent once; then for the payment's own, as ever.
    await expect(shop.charge(id, { find })).rejects.toThrow('lists no such charge');
    expect(told).toEqual([`pi_${(await shop.payments(id))[0]?.id}`]);
    expect((await shop.payments(id))[0]?.toldReference).toBeNull();
    expect((await shop.read(id)).status).toBe('pending');
  });

  it('about such a payment pays nothing when less has come in than was asked for, wherever the gateway tells of it', async () => {
    const id = await unheard();
    const body = await event('payment_intent.succeeded', id, { amount_received: 1 });
    expect((await deliver(body)).status).toBe(200);
    const intent = Event.parse(JSON.parse(body)).data.object;
    const server = await listen(({ url = '' }, response) => {
      const isList = url.startsWith('/v1/payment_intents?');
      const answer = isList ? { object: 'list', data: [intent], has_more: false, url } : intent;
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
    const { charge, find } = openStripe({ keys: ['sk_test_any'], webhookSecrets: [], base: server.url });
    const reference = `pi_${(await shop.payments(id))[0]?.id}`;
    // It looks at the intent that it was told of, then goes through the list, then asks with its key.
    for (const _ of [1, 2, 3])
      await expect(shop.charge(id, { charge, find })).rejects.toThrow(
        `Stripe has received 1 of 10000 for ${reference}`,
      );
    await server.close();
    expect(await shop.read(id)).toMatchObject({ status: 'pending', payment: { status: 'unknown' } });
  });

  it.each([
    ['another intent', { id: 'pi_of_somebody' }],
    ['another amount', { amount: 1 }],
    ['an amount that was not received', { amount_received: 1 }],
    ['another currency', { currency: 'huf' }],
    ['a status that is none of its type', { status: 'processing' }],
  ])('that names our payment with %s settles nothing: the gateway is asked', async (_, changes) => {
    const id = await waiting();
    expect((await deliver(await event('payment_intent.succeeded', id, changes))).status).toBe(200);
    expect(await shop.read(id)).toMatchObject({ status: 'pending', payment: { status: 'requires_action' } });
    const asked: string[] = [];
    const lookUp = async (reference: string) => {
      asked.push(reference);
      return { status: 'requires_action' as const, reference, clientSecret: 's' };
    };
    await shop.charge(id, { lookUp });
    expect(asked).toEqual([`pi_${(await shop.payments(id))[0]?.id}`]);
    expect((await shop.read(id)).status).toBe('pending');
  });

  it.each([
    [{}, '/id'],
    [{ id: 'evt_1' }, '/type'],
    [{ id: 'evt_1', type: 'payment_intent.succeeded' }, '/data'],
    [{ id: 'evt_1', type: 'payment_intent.succeeded', data: null }, '/data'],
    [{ id: 'evt_1', type: 'payment_intent.succeeded', data: { object: [] } }, '/data/object'],
    [{ id: 'evt_1', type: 'payment_intent.succeeded', data: { object: {} } }, '/data/object/id'],
    [{ id: 4, type: 'payment_intent.succeeded', data: { object: { id: 'pi_1' } } }, '/id'],
    [
      { id: 'evt_1', type: 'refund.updated', data: { object: { id: 're_1', amount: 'all', currency: 'usd' } } },
      '/data/object/amount',
    ],
    [
      { id: 'evt_1', type: 'charge.refunded', data: { object: { payment_intent: 'pi_1', refunds: { data: [7] } } } },
      '/data/object/refunds/data/0',
    ],
    [
      { id: 'evt_1', type: 'charge.dispute.created', data: { object: { id: 'dp_1', status: 'lost', amount: -1 } } },
      '/data/object/amount',
    ],
    [{ object: 'v2.core.event', id: 'evt_1', type: 'payment_intent.succeeded' }, ''],
    [[], ''],
    [null, ''],
    [7, ''],
  ])('that is signed and malformed is refused where it is: %j, %s', async (malformed, pointer) => {
    const { code, errors } = await problemOf(await deliver(JSON.stringify(malformed)));
    expect({ code, pointers: errors?.map((fault) => fault.pointer) }).toEqual({ code: 'invalid', pointers: [pointer] });
  });

  it('may have a mebibyte, and no byte more', async () => {
    const long = (bytes: number) => {
      const [head, tail] = ['{"id":"evt_1","type":"customer.created","data":{"object":{"about":"', '"}}}'];
      return head + 'x'.repeat(bytes - head.length - tail.length) + tail;
    };
    expect((await deliver(long(1_048_576))).status).toBe(200);
    expect((await problemOf(await deliver(long(1_048_577)))).code).toBe('too_large');
    const order = { products: [1], payment_method: 'x'.repeat(66_000) };
    expect((await problemOf(await shop.send('POST', '/orders', { as: 'demo', body: order }))).code).toBe('too_large');
  });

  it('may hold half a character, as in a description that was cut, and is known by its signature first', async () => {
    const id = await waiting();
    const description = String.raw`"description":"\ud800","amount":`;
    const body = (await event('payment_intent.succeeded', id)).replace('"amount":', description);
    expect((await problemOf(await deliver(body, ''))).code).toBe('bad_signature');
    expect((await deliver(body)).status).toBe(200);
    expect((await shop.read(id)).status).toBe('paid');
  });

  it('that is late or out of order moves nothing that is decided', async () => {
    const id = await waiting();
    await deliver(await event('payment_intent.succeeded', id));
    for (const type of [
      'payment_intent.requires_action',
      'payment_intent.payment_failed',
      'payment_intent.canceled',
    ] as const)
      expect((await deliver(await event(type, id))).status).toBe(200);
    expect(await shop.read(id)).toMatchObject({ status: 'paid', payment: { status: 'succeeded' } });
  });

  it('of a refusal before the buyer’s eyes ends nothing until the gateway has ended it', async () => {
    const id = await waiting();
    const reference = `pi_${(await shop.payments(id))[0]?.id}`;
    expect((await deliver(await event('payment_intent.payment_failed', id))).status).toBe(200);
    expect((await shop.read(id)).payment?.status).toBe('requires_action');
    const canceled: string[] = [];
    await shop.charge(id, {
      lookUp: async () => ({ status: 'failed', reference, code: 'card_declined', detail: 'No.' }),
      cancel: async (which) => {
        canceled.push(which);
        return { status: 'canceled', reference };
      },
    });
    expect(canceled).toEqual([reference]);
    expect(await shop.read(id)).toMatchObject({ status: 'payment_failed', payment: { failure_code: 'card_declined' } });
  });

  it('is refused without a signature, with a foreign or old one, and when a byte was changed', async () => {
    const id = await waiting();
    const body = await event('payment_intent.succeeded', id);
    const refused = [
      deliver(body, ''),
      deliver(body, sign(body, 'whsec_other')),
      deliver(body, sign(body, 'whsec_new', nowSeconds() - 301)),
      deliver(`${body} `, sign(body, 'whsec_new')),
      deliver(body, `t=${nowSeconds()},v1=${'é'.repeat(64)}`),
      deliver(body, `t=${nowSeconds()},v1=`),
      deliver(body, `t=${nowSeconds()},v1`),
      deliver(body, `v1==,${sign(body, 'whsec_new')}`),
    ];
    for (const answer of refused) expect((await problemOf(await answer)).code).toBe('bad_signature');
    expect((await shop.read(id)).status).toBe('pending');
  });

  it('is heard by the gateway’s name as well, and by that of none that could be known', async () => {
    const body = await event('payment_intent.succeeded', await waiting());
    const to = (name: string) => deliver(body, undefined, `/payments/webhook/${name}`);
    expect((await problemOf(await to('instant'))).code).toBe('not_configured');
    expect((await problemOf(await to('nobody'))).code).toBe('not_found');
    expect((await to('stripe')).status).toBe(200);
    expect((await problemOf(await deliver(`${body} `, sign(body, 'whsec_new'), '/payments/webhook/stripe'))).code).toBe(
      'bad_signature',
    );
  });

  it('about nothing of ours is taken and forgotten', async () => {
    const other = JSON.stringify({ id: 'evt_1', object: 'event', type: 'customer.created', data: { object: {} } });
    expect((await deliver(other)).status).toBe(200);
    const id = await waiting();
    const foreign = (await event('payment_intent.succeeded', id)).replaceAll(
      id,
      '019341d2-0000-7000-8000-000000000001',
    );
    expect((await deliver(foreign)).status).toBe(200);
    expect((await shop.read(id)).status).toBe('pending');
  });
});
