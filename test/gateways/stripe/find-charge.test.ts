import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { OutcomeUnknown, Undecided } from '../../../src/errors.ts';
import { openStripe } from '../../../src/gateways/stripe/stripe.ts';
import { listen } from '../../support/upstreams/local-server.ts';

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
