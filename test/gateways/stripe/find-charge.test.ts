import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { OutcomeUnknown, Undecided } from '../../../src/errors.ts';
import type { GatewayCalls } from '../../../src/gateways/payments/payment-gateway.ts';
import { openStripe } from '../../../src/gateways/stripe/stripe.ts';
import { listen, type LocalServer } from '../../support/upstreams/local-server.ts';

const open = (base: string) => openStripe({ keys: ['sk_test_any'], webhookSecrets: [], base });

/** A gateway whose list has no end, and when it has been asked for a page of it. */
async function endlessly(onPage: () => void = () => {}) {
  let count = 0;
  const intent = { object: 'payment_intent', status: 'succeeded', amount: 1, currency: 'usd', metadata: {} };
  return listen((_request, response) => {
    const data = Array.from({ length: 100 }, () => ({ ...intent, id: `pi_${(count += 1)}` }));
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ object: 'list', data, has_more: true, url: '/v1/payment_intents' }));
    onPage();
  });
}
const lostOne = () => {
  const at = new Date();
  return { paymentId: randomUUID(), amountMinor: 10_000, currency: 'USD', firstAskedAt: at, lastAskedAt: at };
};

test('more than can be gone through is no outage of the gateway: it has not decided', async () => {
  const server = await endlessly();
  const finding = open(server.url).find(lostOne());
  await expect(finding).rejects.toThrow(new Undecided('Stripe lists more than 10000 objects of the time in question'));
  await server.close();
});

test('of a time long ago more than can be gone through is asked of the search', async () => {
  let pages = 0;
  const lost = { ...lostOne(), isLongAgo: true };
  const found = {
    object: 'payment_intent',
    id: 'pi_found',
    status: 'succeeded',
    amount: 10_000,
    amount_received: 10_000,
    currency: 'usd',
    metadata: { payment_id: lost.paymentId },
  };
  const queries: (string | null)[] = [];
  const server = await listen(({ url = '' }, response) => {
    const { pathname, searchParams } = new URL(url, 'http://stripe');
    const isSearch = pathname === '/v1/payment_intents/search';
    if (isSearch) queries.push(searchParams.get('query'));
    else pages += 1;
    const data = isSearch
      ? [found]
      : Array.from({ length: 100 }, (_, at) => ({ ...found, id: `pi_${pages}_${at}`, metadata: {} }));
    const page = { object: isSearch ? 'search_result' : 'list', data, has_more: !isSearch, url: pathname };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(page));
  });
  expect(await open(server.url).find(lost)).toEqual({ status: 'succeeded', reference: 'pi_found' });
  expect(queries).toEqual([`metadata['payment_id']:'${lost.paymentId}'`]);
  expect(pages).toBeLessThanOrEqual(11);
  await server.close();
});

test('a search that is cut off ends', async () => {
  const cut = new AbortController();
  let pages = 0;
  const server = await endlessly(() => {
    pages += 1;
    if (pages === 2) cut.abort();
  });
  await expect(open(server.url).find(lostOne(), cut.signal)).rejects.toThrow(OutcomeUnknown);
  expect(pages).toBe(2);
  await server.close();
});

describe('an intent that has succeeded, of which less has come in than was asked for,', () => {
  const asked = { paymentId: randomUUID(), amountMinor: 10_000, currency: 'USD' };
  const charge = { ...asked, key: randomUUID(), orderId: randomUUID(), method: 'pm_card_visa' };
  const intent = {
    object: 'payment_intent',
    id: 'pi_short',
    status: 'succeeded',
    amount: 10_000,
    amount_received: 1,
    currency: 'usd',
    metadata: { payment_id: asked.paymentId },
  };
  const at = new Date();
  const lost = { ...asked, firstAskedAt: at, lastAskedAt: at };
  let server: LocalServer;
  let stripe: GatewayCalls;
  beforeAll(async () => {
    server = await answering(intent);
    stripe = open(server.url);
  });
  afterAll(() => server.close());

  it.each([
    ['charged', () => stripe.charge(charge)],
    ['found in the list', () => stripe.find(lost)],
    ['found where somebody says it is', () => stripe.find({ ...lost, toldReference: 'pi_short' })],
    ['looked up', () => stripe.lookUp('pi_short', asked)],
    ['made to end', () => stripe.cancel('pi_short', asked)],
  ])('pays nothing when it is %s: that is for people', async (_, ask) => {
    await expect(ask()).rejects.toThrow(new Undecided('Stripe has received 1 of 10000 for pi_short'));
  });

  it('is listed with what has come in', async () => {
    const listed = [];
    for await (const one of stripe.list(at, at)) listed.push(one);
    expect(listed).toMatchObject([{ reference: 'pi_short', amountMinor: 10_000, receivedMinor: 1 }]);
  });
});

test('what is charged or given back over another amount than was asked for is for people', async () => {
  const given = {
    key: randomUUID(),
    refundId: randomUUID(),
    reference: 'pi_other',
    amountMinor: 10_000,
    currency: 'USD',
  };
  const charge = { ...given, orderId: randomUUID(), paymentId: randomUUID(), method: 'pm_card_visa' };
  for (const changes of [{ amount: 1 }, { currency: 'eur' }]) {
    const server = await answering({ id: 'other', status: 'succeeded', amount: 10_000, currency: 'usd', ...changes });
    const { charge: take, cancel, refund } = open(server.url);
    for (const ask of [() => take(charge), () => cancel('other', charge), () => refund(given)])
      await expect(ask()).rejects.toThrow(new Undecided('Stripe has other over another amount than was asked for'));
    await server.close();
  }
});

/** A gateway that answers whatever it is asked with this object, and every list with it alone. */
function answering(object: object): Promise<LocalServer> {
  return listen(({ method, url = '' }, response) => {
    const { pathname } = new URL(url, 'http://stripe');
    const isList = method === 'GET' && pathname === '/v1/payment_intents';
    const answer = isList ? { object: 'list', data: [object], has_more: false, url: pathname } : object;
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
}
