import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OutcomeUnknown } from '../../src/errors.ts';
import { openShop, type Shop, takingGateway } from '../orders/shop.ts';
import { problemOf } from './problem-of.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop({ STRIPE_WEBHOOK_SECRET: 'whsec_old,whsec_new' });
});
afterAll(() => shop.close());

const nowSeconds = () => Math.floor(Date.now() / 1_000);
const sign = (body: string, secret: string, seconds = nowSeconds()) =>
  `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`;
const deliver = (body: string, signature = sign(body, 'whsec_new')) =>
  shop.send('POST', '/payments/webhook', {
    body,
    headers: { 'content-type': 'application/json', 'stripe-signature': signature },
  });

const statusOf = {
  'payment_intent.succeeded': 'succeeded',
  'payment_intent.payment_failed': 'requires_payment_method',
  'payment_intent.canceled': 'canceled',
  'payment_intent.requires_action': 'requires_action',
} as const;

/** An event about an order's payment, as Stripe writes it. */
async function event(type: keyof typeof statusOf, order: string): Promise<string> {
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
  };
  return JSON.stringify({ id: `evt_${type}`, object: 'event', type, created: nowSeconds(), data: { object } });
}
/** An order whose charge nobody has heard of. */
async function unheard(): Promise<string> {
  const { id } = await shop.place();
  await expect(shop.charge(id, { charge: () => Promise.reject(new OutcomeUnknown('silence')) })).rejects.toThrow();
  return id;
}

describe('a webhook', () => {
  it('settles a payment nobody had heard of, once, however often and by whichever secret it comes', async () => {
    const id = await unheard();
    const body = await event('payment_intent.succeeded', id);
    const answers = await Promise.all([deliver(body), deliver(body), deliver(body, sign(body, 'whsec_old'))]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await shop.read(id)).toMatchObject({ status: 'paid', payment: { status: 'succeeded' } });
    const calls: string[] = [];
    expect(await shop.charge(id, takingGateway(calls))).toBe('settled');
    expect(calls).toEqual([]);
  });

  it('that comes before our own answer is known already when that comes', async () => {
    const { id } = await shop.place();
    const charge = async ({ key }: { key: string }) => {
      expect((await deliver(await event('payment_intent.succeeded', id))).status).toBe(200);
      expect((await shop.read(id)).status).toBe('paid');
      return { status: 'succeeded' as const, reference: key };
    };
    expect(await shop.charge(id, { charge })).toBe('succeeded');
    expect((await shop.payments(id))[0]?.gatewayReference).toMatch(/^pi_/);
  });

  it('that is late or out of order moves nothing that is decided', async () => {
    const id = await unheard();
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
    const { id } = await shop.place();
    const reference = `pi_${(await shop.payments(id))[0]?.id}`;
    await shop.charge(id, { charge: async () => ({ status: 'requires_action', reference, clientSecret: 's' }) });
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
    const id = await unheard();
    const body = await event('payment_intent.succeeded', id);
    const refused = [
      deliver(body, ''),
      deliver(body, sign(body, 'whsec_other')),
      deliver(body, sign(body, 'whsec_new', nowSeconds() - 301)),
      deliver(`${body} `, sign(body, 'whsec_new')),
    ];
    for (const answer of refused) expect((await problemOf(await answer)).code).toBe('bad_signature');
    expect((await shop.read(id)).status).toBe('pending');
  });

  it('about nothing of ours is taken and forgotten', async () => {
    const other = JSON.stringify({ id: 'evt_1', object: 'event', type: 'customer.created', data: { object: {} } });
    expect((await deliver(other)).status).toBe(200);
    const id = await unheard();
    const foreign = (await event('payment_intent.succeeded', id)).replaceAll(
      id,
      '019341d2-0000-7000-8000-000000000001',
    );
    expect((await deliver(foreign)).status).toBe(200);
    expect((await shop.read(id)).status).toBe('pending');
  });
});
