import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { readConfig } from '../../../src/config.ts';
import { RateLimited, TooManyCalls } from '../../../src/errors.ts';
import { openOutage } from '../../../src/gateways/http/outage.ts';
import { openPace, type Pace } from '../../../src/gateways/http/pace.ts';
import { openStripe } from '../../../src/gateways/stripe/stripe.ts';
import { until } from '../../support/processes/process.ts';
import { standStill } from '../../support/processes/stand-still.ts';
import { ownData } from '../../support/stores/servers.ts';
import { unhurriedRedis } from '../../support/stores/unhurried-redis.ts';
import { openToxicProxy } from '../../support/upstreams/toxic-proxy.ts';
import { type Sandbox, startSandbox } from '../../support/upstreams/sandbox-process.ts';

let redis: Redis;
let sandbox: Sandbox;
beforeAll(async () => {
  redis = new Redis(unhurriedRedis(readConfig(await ownData())));
  sandbox = await startSandbox();
});
afterAll(async () => {
  redis.disconnect();
  await sandbox.stop();
});

const timed = async (work: () => Promise<unknown>) => {
  const began = performance.now();
  await work();
  return performance.now() - began;
};
const takes = (paces: readonly Pace[], each: number) =>
  timed(() => Promise.all(paces.flatMap((pace) => Array.from({ length: each }, () => pace.take()))));

test('over all processes no more calls are made in a second, also when Redis forgets or goes', async () => {
  const name = randomUUID();
  const paces = [openPace(redis, name, 10), openPace(redis, name, 10)];
  // Twelve calls do not fit into one second.
  expect(await takes(paces, 6)).toBeGreaterThanOrEqual(1_000);
  await takes(paces, 1);
  await redis.flushdb();
  expect(await takes(paces.slice(0, 1), 11)).toBeGreaterThanOrEqual(1_000);

  const away = redis.duplicate({ lazyConnect: true, enableOfflineQueue: false });
  away.disconnect();
  expect(await takes([openPace(away, name, 10)], 11)).toBeGreaterThanOrEqual(1_000);
});

test('a clock that is put back by an hour makes no call wait for as long, without Redis', async () => {
  const away = redis.duplicate({ lazyConnect: true, enableOfflineQueue: false });
  away.disconnect();
  const pace = openPace(away, randomUUID(), 10);
  await pace.take();
  const atMs = Date.now() - 3_600_000;
  const clock = vi.spyOn(Date, 'now').mockImplementation(() => atMs);
  await pace.take().finally(() => clock.mockRestore());
});

test('calls whose turns went by while the process stood still are not all made at once, with Redis and without', async () => {
  const away = redis.duplicate({ lazyConnect: true, enableOfflineQueue: false });
  away.disconnect();
  for (const pace of [openPace(redis, randomUUID(), 10), openPace(away, randomUUID(), 10)]) {
    await pace.take();
    const calledAtMs: number[] = [];
    const calls = Array.from({ length: 20 }, () => pace.take().then(() => calledAtMs.push(performance.now())));
    await calls[0];
    await standStill(2_000);
    await Promise.all(calls);
    // Eleven calls take a second at the least.
    for (const [index, atMs] of calledAtMs.entries())
      expect((calledAtMs[index + 10] ?? Number.POSITIVE_INFINITY) - atMs).toBeGreaterThanOrEqual(1_000);
  }
});

test('a Redis that answers late makes no turn late', async () => {
  const { host = '', port = 0 } = redis.options;
  const way = await openToxicProxy(host, port, () => 0);
  const slow = redis.duplicate({ host: '127.0.0.1', port: way.port });
  way.set({ delayMs: 200 });
  const pace = openPace(slow, randomUUID(), 10);
  await until('it is connected', () => (slow.status === 'ready' ? true : undefined));
  await Promise.all([pace.take(), pace.take(), pace.take()]);
  slow.disconnect();
  await way.close();
});

test('no more begin than will have their calls soon, and what would wait for long is not called', async () => {
  const pace = openPace(redis, randomUUID(), 1);
  const begun = await Promise.allSettled(Array.from({ length: 10 }, () => pace.admit()));
  expect(begun.filter(({ status }) => status === 'fulfilled').length).toBeLessThanOrEqual(3);
  expect(begun.at(-1)).toMatchObject({ reason: expect.any(RateLimited) });
  const calls = Array.from({ length: 20 }, () => pace.take().catch((reason: unknown) => reason));
  expect(await calls.at(-1)).toBeInstanceOf(TooManyCalls);
});

test('every request to Stripe takes its turn: charges, look-ups, pages of lists, refunds', async () => {
  let turns = 0;
  const pace: Pace = {
    admit: async () => {},
    async take() {
      turns += 1;
    },
  };
  const stripe = openStripe({ keys: ['sk_test_1'], webhookSecrets: [], base: sandbox.urls.stripe, pace });
  const [key, orderId, paymentId] = [randomUUID(), randomUUID(), randomUUID()];
  const charge = { key, orderId, paymentId, amountMinor: 1_000, currency: 'USD', method: 'pm_card_visa' };
  const { reference } = await stripe.charge(charge);
  await stripe.lookUp(reference ?? '', charge);
  await stripe.find({ ...charge, firstAskedAt: new Date(), lastAskedAt: new Date() });
  const part = { key: randomUUID(), refundId: randomUUID(), reference: reference ?? '', amountMinor: 500 };
  await stripe.refund({ ...part, currency: 'USD' });
  expect(turns).toBe((await sandbox.arrivals('stripe')).length);
  expect(turns).toBe(4);
});

test('a call that its turn kept from being made was certainly not made', async () => {
  const pace: Pace = {
    admit: async () => {},
    take: () => Promise.reject(new TooManyCalls('taken', 7)),
  };
  const stripe = openStripe({ keys: ['sk_test_1'], webhookSecrets: [], base: sandbox.urls.stripe, pace });
  await expect(stripe.lookUp('pi_1', { amountMinor: 10_000, currency: 'USD' })).rejects.toMatchObject({
    name: 'TooManyCalls',
    waitMs: 7,
  });
});

test('the sandbox’s Stripe takes no more calls a second than it says, and refuses as the real one', async () => {
  const limited = await startSandbox({ env: { STRIPE_PER_SECOND: '3' } });
  const headers = { authorization: 'Bearer sk_test_1' };
  const ask = () => fetch(`${limited.urls.stripe}/v1/payment_intents`, { headers });
  const answers = await Promise.all(Array.from({ length: 20 }, ask));
  await limited.stop();
  const refused = answers.find(({ status }) => status === 429);
  expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(3);
  expect(refused?.headers.get('stripe-rate-limited-reason')).toBe('global-rate');
  // As it is recorded in tests of several client programs.
  expect(await refused?.json()).toEqual({
    error: {
      code: 'rate_limit',
      doc_url: 'https://stripe.com/docs/error-codes/rate-limit',
      message:
        'Request rate limit exceeded. You can learn more about rate limits here https://stripe.com/docs/rate-limits.',
      type: 'invalid_request_error',
    },
  });
});

test('who is told for how long to wait lets nobody in for so long, whatever is heard meanwhile', async () => {
  await sandbox.fault({ target: 'stripe', kind: '429', retry_after: 90 });
  const stripe = openStripe({ keys: ['sk_test_1'], webhookSecrets: [], base: sandbox.urls.stripe });
  const error: unknown = await stripe
    .lookUp('pi_1', { amountMinor: 10_000, currency: 'USD' })
    .catch((reason: unknown) => reason);
  await sandbox.clearFaults();
  expect(error).toMatchObject({ name: 'TooManyCalls', waitMs: 90_000 });

  const name = randomUUID();
  const [here, there] = [openOutage(redis, name), openOutage(redis, name)];
  await here.limited(90_000);
  await here.limited(1_000);
  await here.heard();
  for (const outage of [here, there]) {
    const refusal: unknown = await outage.admit().catch((reason: unknown) => reason);
    expect(refusal).toBeInstanceOf(RateLimited);
    // More than the second that came after it, and no more than was asked for.
    expect(refusal).toMatchObject({ waitMs: expect.toSatisfy((ms: number) => ms > 10_000 && ms <= 90_000) });
  }
  expect(await here.isAway()).toBe(false);
});
